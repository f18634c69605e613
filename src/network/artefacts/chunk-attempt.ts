import { deadline } from '../../core/abort.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { PeerbanditError } from '../../core/errors.ts'
import type { PeerId } from '../../job/decision.ts'
import { failureReasonOf } from '../../router/failure.ts'
import type { Lease } from '../../selector/lease.ts'
import type { NetworkNode } from '../node.ts'
import type { ArtefactId } from './artefact-id.ts'
import { fetchRange } from './artefact-protocol.ts'
import { type ArtefactDigests, CHUNK_BYTES } from './artefact-wire.ts'
import { tokensOf } from './download-job.ts'
import { chunkBytes, isChunk } from './part-file.ts'

export interface AttemptLimits {
  readonly connectTimeoutMs: number
  /** How long a peer may send nothing, ms. */
  readonly stallTimeoutMs: number
  /** For a whole chunk, ms. */
  readonly chunkTimeoutMs: number
}

/** A journal that cannot be written says so itself, on flush and close. */
const UNWRITTEN = () => undefined

interface Circumstances {
  readonly id: ArtefactId
  readonly digests: ArtefactDigests
  readonly chunk: number
  readonly lease: Lease
  /** Of the whole download. */
  readonly signal: AbortSignal
}

/** One chunk from one peer: in memory until its digest was found right. */
export class ChunkAttempt {
  readonly chunk: number
  readonly peer: PeerId
  readonly startMs: number
  readonly #node: NetworkNode
  readonly #clock: Clock & Timers
  readonly #circumstances: Circumstances
  readonly #limits: AttemptLimits
  readonly #left = new AbortController()

  constructor(
    { node, clock }: { readonly node: NetworkNode; readonly clock: Clock & Timers },
    limits: AttemptLimits,
    circumstances: Circumstances
  ) {
    this.#node = node
    this.#clock = clock
    this.#limits = limits
    this.#circumstances = circumstances
    this.chunk = circumstances.chunk
    this.peer = circumstances.lease.peer
    this.startMs = clock.now()
  }

  /** Another peer sent the chunk first: says nothing of this one. */
  leave(): void {
    this.#left.abort(new Error('another peer sent it first'))
  }

  /**
   * Fetches and checks; the lease has ended when this settles.
   * @returns the chunk, or undefined when it was left
   * @throws what went wrong at the peer, ERR_PROTOCOL for a chunk with another digest; the signal's reason
   */
  async run(): Promise<Uint8Array | undefined> {
    const { lease, signal, digests, chunk } = this.#circumstances
    const bytes = new Uint8Array(chunkBytes(digests, chunk))
    try {
      await this.#fetch(bytes)
      if (!isChunk(digests, chunk, bytes)) {
        throw new PeerbanditError('ERR_PROTOCOL', `${this.peer} must send chunk ${chunk} as its digest says, sent other bytes`)
      }
    } catch (error) {
      if (signal.aborted || this.#left.signal.aborted) {
        lease.cancel()
        signal.throwIfAborted()
        return undefined
      }
      await lease.fail(failureReasonOf(error)).catch(UNWRITTEN)
      throw error
    }
    await lease.complete({ outputTokens: tokensOf(bytes.length) }).catch(UNWRITTEN)
    return bytes
  }

  async #fetch(into: Uint8Array): Promise<void> {
    const { id, chunk, lease, signal } = this.#circumstances
    const { chunkTimeoutMs, ...limits } = this.#limits
    const what = `chunk ${chunk} of ${id} from ${this.peer}`
    const held = deadline(this.#clock, chunkTimeoutMs, what, AbortSignal.any([signal, this.#left.signal]))
    try {
      const from = { node: this.#node, peer: this.peer }
      const range = { id, offset: chunk * CHUNK_BYTES, into }
      await fetchRange(from, range, { ...limits, timers: this.#clock, signal: held.signal }, (bytes) => {
        lease.progress(tokensOf(bytes))
      })
    } finally {
      held[Symbol.dispose]()
    }
  }
}
