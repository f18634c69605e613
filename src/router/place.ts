import { sleep } from '../core/abort.ts'
import type { Timers } from '../core/clock.ts'
import { isPeerbanditError, PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { Lease } from '../selector/lease.ts'
import type { Selector } from '../selector/selector.ts'

/** What an attempt at a job asks for. */
export interface PlaceRequest {
  /** Who could run it now; asked again after every wait. */
  readonly pool: () => readonly PeerId[]
  readonly tried: Set<PeerId>
  /** Which attempt this is, ≥ 1, and how many are left after it. */
  readonly attempt: number
  readonly retries: number
  readonly signal: AbortSignal
}

/** A full pool is looked at again when a lease ends, and this often for cool-downs that run out. */
const WAIT_FOR_PLACE_MS = 250

/** Leases peers, and holds the jobs that wait for one. */
export class Places {
  readonly #selector: Selector
  readonly #timers: Timers
  readonly #maxWaiting: number
  #waiting = 0

  constructor(selector: Selector, timers: Timers, maxWaiting: number) {
    this.#selector = selector
    this.#timers = timers
    this.#maxWaiting = maxWaiting
  }

  /**
   * Leases a peer, waiting while every candidate is full or cooling. Peers tried before come back in when nobody else is left.
   * @throws ERR_NO_ELIGIBLE_PEER when there is nobody at all, ERR_OVERLOADED when too many jobs wait, the signal's reason
   */
  async acquire(job: Job, request: PlaceRequest): Promise<Lease> {
    const { tried, signal } = request
    for (;;) {
      signal.throwIfAborted()
      const pool = request.pool()
      const lease = this.#lease(pool, job, request)
      if (lease !== undefined) return lease
      if (pool.length > 0 && pool.every((peer) => tried.has(peer))) tried.clear()
      else await this.#wait(job, signal)
    }
  }

  /** A peer that was not tried, at once or not at all. */
  another(job: Job, { pool, tried, attempt, retries }: PlaceRequest): Lease | undefined {
    try {
      return this.#selector.acquire(pool(), job, { tried, attempt, retries })
    } catch (error) {
      if (isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) return undefined
      throw error
    }
  }

  #lease(pool: readonly PeerId[], job: Job, { tried, attempt, retries }: PlaceRequest): Lease | undefined {
    try {
      return this.#selector.acquire(pool, job, { tried, attempt, retries })
    } catch (error) {
      if (!isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) throw error
      if (pool.length === 0 && tried.size === 0) throw error
      return undefined
    }
  }

  async #wait(job: Job, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= this.#maxWaiting) {
      const problem = `${this.#waiting} jobs wait for a peer already, at most ${this.#maxWaiting} may; try again later`
      throw new PeerbanditError('ERR_OVERLOADED', `job ${job.id} was not taken: ${problem}`)
    }
    this.#waiting += 1
    try {
      await this.#freed(signal)
    } finally {
      this.#waiting -= 1
    }
  }

  async #freed(signal: AbortSignal): Promise<void> {
    const freed = new AbortController()
    const wake = () => {
      freed.abort()
    }
    const unsubscribe = this.#selector.subscribe((event) => {
      if (event.kind !== 'decided') wake()
    })
    signal.addEventListener('abort', wake)
    await sleep(this.#timers, WAIT_FOR_PLACE_MS, { signal: freed.signal }).catch(() => undefined)
    signal.removeEventListener('abort', wake)
    unsubscribe()
    signal.throwIfAborted()
  }
}
