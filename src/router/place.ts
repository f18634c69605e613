import type { Clock, Timers } from '../core/clock.ts'
import { isPeerbanditError, PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { Lease } from '../selector/lease.ts'
import type { Selector } from '../selector/selector.ts'
import { WaitingLine } from './waiting-line.ts'

/** What an attempt at a job asks for. */
export interface PlaceRequest {
  /** Who could run it now; asked again after every wait. */
  readonly pool: () => readonly PeerId[]
  /** Whether it has conditions of its own, so that what others find says nothing of it. */
  readonly choosy: boolean
  readonly tried: Set<PeerId>
  /** Which attempt this is, ≥ 1, and how many are left after it. */
  readonly attempt: number
  readonly retries: number
  readonly signal: AbortSignal
}

/** A full pool is looked at again when a lease ends, and this often for cool-downs that run out. */
const LOOK_AGAIN_MS = 250

interface PlacesComponents {
  readonly selector: Selector
  readonly clock: Clock
  readonly timers: Timers
}

/** Leases peers, and holds the jobs that wait for one. */
export class Places {
  readonly #selector: Selector
  readonly #line: WaitingLine
  readonly #maxWaiting: number

  constructor({ selector, ...waits }: PlacesComponents, maxWaiting: number) {
    this.#selector = selector
    this.#line = new WaitingLine(waits, LOOK_AGAIN_MS)
    this.#maxWaiting = maxWaiting
    selector.subscribe((event) => {
      if (event.kind !== 'decided' && this.#line.length > 0) this.#line.freed()
    })
  }

  /**
   * Leases a peer, waiting while every candidate is full or cooling. Peers tried before come back in when nobody else is left.
   * @throws ERR_NO_ELIGIBLE_PEER when there is nobody at all, ERR_OVERLOADED when too many jobs wait, the signal's reason
   */
  async acquire(job: Job, request: PlaceRequest): Promise<Lease> {
    request.signal.throwIfAborted()
    return this.#look(job, request) ?? (await this.#wait(job, request))
  }

  /** A peer that was not tried, at once or not at all. */
  another(job: Job, request: PlaceRequest): Lease | undefined {
    return this.#lease(request.pool(), job, request, () => undefined)
  }

  /** A lease, where somebody can take the job now. */
  #look(job: Job, request: PlaceRequest): Lease | undefined {
    const { tried } = request
    const pool = request.pool()
    return this.#lease(pool, job, request, (nobody) => {
      if (pool.length === 0 && tried.size === 0) throw nobody
      const triedAll = pool.length > 0 && pool.every((peer) => tried.has(peer))
      if (!triedAll) return undefined
      tried.clear()
      return this.#look(job, request)
    })
  }

  #lease(
    pool: readonly PeerId[],
    job: Job,
    { tried, attempt, retries }: PlaceRequest,
    otherwise: (nobody: PeerbanditError) => Lease | undefined
  ): Lease | undefined {
    try {
      return this.#selector.acquire(pool, job, { tried, attempt, retries })
    } catch (error) {
      if (!isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) throw error
      return otherwise(error)
    }
  }

  async #wait(job: Job, request: PlaceRequest): Promise<Lease> {
    const { length } = this.#line
    if (length >= this.#maxWaiting) {
      const problem = `${length} jobs wait for a peer already, at most ${this.#maxWaiting} may; try again later`
      throw new PeerbanditError('ERR_OVERLOADED', `job ${job.id} was not taken: ${problem}`)
    }
    // Jobs that nobody has tried differ in their model only.
    const waiter = this.#line.join(request.tried.size === 0 && !request.choosy ? job.model : request)
    try {
      for (;;) {
        await waiter.turn(request.signal)
        const lease = this.#look(job, request)
        if (lease !== undefined) return lease
        waiter.nothing()
      }
    } finally {
      waiter.leave()
    }
  }
}
