import type { Clock, Timers } from '../../core/clock.ts'
import { isPeerbanditError, messageOf, PeerbanditError } from '../../core/errors.ts'
import { quantile } from '../../math/quantile.ts'
import type { PeerId } from '../../job/decision.ts'
import type { Lease } from '../../selector/lease.ts'
import type { Selector } from '../../selector/selector.ts'
import type { NetworkNode } from '../node.ts'
import type { ArtefactId } from './artefact-id.ts'
import { type AttemptLimits, ChunkAttempt } from './chunk-attempt.ts'
import { downloadJob } from './download-job.ts'
import { chunkBytes, type PartFile } from './part-file.ts'
import type { Manifest, Sources } from './sources.ts'

export interface ChunkRunComponents {
  readonly node: NetworkNode
  readonly clock: Clock & Timers
  readonly selector: Selector
  readonly sources: Sources
  readonly part: PartFile
}

export interface ChunkRunLimits extends AttemptLimits {
  /** Chunks on their way at a time, each of which may be in memory as a whole. ≥ 1 */
  readonly maxParallel: number
  /** How long no chunk may arrive, ms. */
  readonly patienceMs: number
}

export interface ChunkRunTask {
  readonly id: ArtefactId
  readonly manifest: Manifest
  readonly missing: readonly number[]
  readonly signal: AbortSignal
  readonly onChunk: (chunk: { readonly bytes: number; readonly peer: PeerId }) => void
}

/** Between two looks whether a chunk is late, a peer has cooled down, or there are new peers, ms. */
const TICK_MS = 50

/** At the end, a chunk that takes so many times the median, and at least so long, is asked of a second peer too. */
const LATE_RATIO = 2
const LATE_MS = 200

/** Fetches the missing chunks of an artefact from the peers of a manifest, each from the peer that the selector chooses. */
export class ChunkRun {
  readonly #components: ChunkRunComponents
  readonly #limits: ChunkRunLimits
  readonly #task: ChunkRunTask
  /** Not on their way. */
  readonly #pending: number[]
  /** Not on the disk. */
  readonly #missing: Set<number>
  /** Came from somebody, and are right. */
  readonly #arrived = new Set<number>()
  readonly #attempts = new Map<ChunkAttempt, Promise<void>>()
  /** Who failed at a chunk. */
  readonly #tried = new Map<number, Set<PeerId>>()
  readonly #durationsMs: number[] = []
  #lastArrivalMs: number
  #lastError: unknown
  #fatal: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(components: ChunkRunComponents, limits: ChunkRunLimits, task: ChunkRunTask) {
    this.#components = components
    this.#limits = limits
    this.#task = task
    this.#pending = [...task.missing]
    this.#missing = new Set(task.missing)
    this.#lastArrivalMs = components.clock.now()
  }

  /**
   * Resolves when nothing is under way any more.
   * @returns true when all chunks are there; false when another manifest is believed now
   * @throws ERR_JOB_FAILED when no chunk came for too long, what the disk threw, the signal's reason
   */
  async run(): Promise<boolean> {
    const { signal, manifest } = this.#task
    const { sources } = this.#components
    try {
      while (this.#missing.size > 0) {
        signal.throwIfAborted()
        if (this.#fatal !== undefined) throw this.#fatal.error
        if (sources.best()?.key !== manifest.key) return false
        this.#start()
        this.#checkPatience()
        await this.#nextEvent()
      }
      return true
    } finally {
      for (const attempt of this.#attempts.keys()) attempt.leave()
      await Promise.all(this.#attempts.values())
    }
  }

  #nextEvent(): Promise<void> {
    const { clock } = this.#components
    const { signal } = this.#task
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = clock.after(TICK_MS, done)
      signal.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }

  #checkPatience(): void {
    const { patienceMs } = this.#limits
    const { id, missing } = this.#task
    if (this.#components.clock.now() - this.#lastArrivalMs <= patienceMs) return
    const there = missing.length - this.#missing.size
    const why = this.#lastError === undefined ? 'there is no peer to ask' : messageOf(this.#lastError)
    throw new PeerbanditError(
      'ERR_JOB_FAILED',
      `${id}: no chunk came for ${patienceMs} ms, ${there} of ${missing.length} are there and are kept for the next try; ${why}`,
      { cause: this.#lastError }
    )
  }

  #start(): void {
    while (this.#attempts.size < this.#limits.maxParallel) {
      const next = this.#pending[0] as number | undefined
      const chunk = next ?? this.#lateChunk()
      const lease = chunk === undefined ? undefined : this.#acquire(chunk)
      if (chunk === undefined || lease === undefined) return
      if (next !== undefined) this.#pending.shift()
      this.#launch(chunk, lease)
    }
  }

  /** When all are on their way: the one that is the latest, unless two peers are at it already. */
  #lateChunk(): number | undefined {
    if (this.#durationsMs.length === 0) return undefined
    const lateMs = Math.max(LATE_MS, LATE_RATIO * quantile(this.#durationsMs, 0.5))
    const nowMs = this.#components.clock.now()
    const attempts = [...this.#attempts.keys()]
    const alone = attempts.filter(({ chunk }) => attempts.filter((other) => other.chunk === chunk).length === 1)
    const late = alone.filter(({ startMs, chunk }) => nowMs - startMs > lateMs && !this.#arrived.has(chunk))
    return late.toSorted((a, b) => a.startMs - b.startMs)[0]?.chunk
  }

  /** Peers that have not failed at the chunk, or else any. */
  #acquire(chunk: number): Lease | undefined {
    const { sources, selector } = this.#components
    const { id, manifest } = this.#task
    const candidates = sources.peersOf(manifest)
    const job = downloadJob(id, chunk, chunkBytes(manifest, chunk), this.#limits.chunkTimeoutMs)
    const failed = this.#tried.get(chunk) ?? new Set<PeerId>()
    const busy = new Set([...this.#attempts.keys()].filter((attempt) => attempt.chunk === chunk).map(({ peer }) => peer))
    const acquire = (tried: ReadonlySet<PeerId>) => {
      try {
        return selector.acquire(candidates, job, { tried, attempt: failed.size + 1 })
      } catch (error) {
        if (isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) return undefined
        throw error
      }
    }
    return acquire(new Set([...failed, ...busy])) ?? (failed.size > 0 ? acquire(busy) : undefined)
  }

  #launch(chunk: number, lease: Lease): void {
    const { id, manifest: digests, signal } = this.#task
    const attempt = new ChunkAttempt(this.#components, this.#limits, { id, digests, chunk, lease, signal })
    const following = this.#follow(attempt).finally(() => {
      this.#attempts.delete(attempt)
      this.#wake()
    })
    this.#attempts.set(attempt, following)
  }

  /** Never rejects. */
  async #follow(attempt: ChunkAttempt): Promise<void> {
    let bytes: Uint8Array | undefined
    try {
      bytes = await attempt.run()
    } catch (error) {
      this.#failed(attempt, error)
      return
    }
    if (bytes === undefined || this.#arrived.has(attempt.chunk)) return
    try {
      await this.#keep(attempt, bytes)
    } catch (error) {
      this.#fatal ??= { error }
    }
  }

  async #keep(attempt: ChunkAttempt, bytes: Uint8Array): Promise<void> {
    const { chunk, peer, startMs } = attempt
    const { clock, part } = this.#components
    this.#arrived.add(chunk)
    for (const other of this.#attempts.keys()) if (other.chunk === chunk && other !== attempt) other.leave()
    this.#lastArrivalMs = clock.now()
    this.#durationsMs.push(this.#lastArrivalMs - startMs)
    await part.write(chunk, bytes)
    this.#missing.delete(chunk)
    this.#task.onChunk({ bytes: bytes.length, peer })
  }

  #failed({ chunk, peer }: ChunkAttempt, error: unknown): void {
    if (this.#task.signal.aborted) return
    this.#lastError = error
    // Garbage once is reason enough never to ask again: there are others.
    if (isPeerbanditError(error, 'ERR_PROTOCOL')) this.#components.sources.ban(peer, messageOf(error))
    const tried = this.#tried.get(chunk) ?? new Set()
    this.#tried.set(chunk, tried.add(peer))
    const elsewhere = [...this.#attempts.keys()].some((attempt) => attempt.chunk === chunk && attempt.peer !== peer)
    if (!elsewhere && !this.#arrived.has(chunk)) this.#pending.unshift(chunk)
  }
}
