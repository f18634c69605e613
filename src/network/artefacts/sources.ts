import { createHash } from 'node:crypto'
import { sleep, withDeadline } from '../../core/abort.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import type { PeerId } from '../../job/decision.ts'
import type { NetworkNode } from '../node.ts'
import type { ArtefactId } from './artefact-id.ts'
import { fetchDigests } from './artefact-protocol.ts'
import type { ArtefactDigests } from './artefact-wire.ts'

/** What some peers say that the artefact is, all of them the same. */
export interface Manifest extends ArtefactDigests {
  readonly key: string
}

export interface SourcesComponents {
  readonly node: NetworkNode
  readonly clock: Clock & Timers
  /** Who may have it, asked anew on an interval. */
  readonly findPeers: (options: { readonly signal: AbortSignal }) => AsyncIterable<PeerId> | Iterable<PeerId>
  /** A peer said what the artefact is. */
  readonly joined: (peer: PeerId) => void
}

export interface SourcesOptions {
  readonly id: ArtefactId
  /** Manifests of more bytes are passed over. */
  readonly maxBytes: number
  /** Between two looks for peers, ms. */
  readonly intervalMs: number
  /** For one peer's digests, ms. */
  readonly timeoutMs: number
}

const SHORTEST_LOOK_MS = 1_000

/**
 * The peers that have an artefact, by what they say that it is. What they say cannot be checked before the whole is there: peers are
 * grouped by it, and the group with the most peers is believed until it is proved wrong.
 */
export class Sources {
  readonly #components: SourcesComponents
  readonly #options: SourcesOptions
  readonly #manifests = new Map<string, Manifest>()
  readonly #saidBy = new Map<PeerId, string>()
  readonly #banned = new Map<PeerId, string>()
  readonly #asking = new Map<PeerId, Promise<void>>()

  constructor(components: SourcesComponents, options: SourcesOptions) {
    this.#components = components
    this.#options = options
  }

  /** Looks for peers until the signal aborts; resolves then. */
  async search(signal: AbortSignal): Promise<void> {
    const { clock } = this.#components
    while (!signal.aborted) {
      await this.#look(signal)
      await sleep(clock, this.#options.intervalMs, { signal }).catch(() => undefined)
    }
    await Promise.all(this.#asking.values())
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, findPeers } = this.#components
    const { id, intervalMs } = this.#options
    try {
      // A query waits until the node knows a DHT server, and one that began before anybody provided may wait for nothing.
      const ms = Math.max(SHORTEST_LOOK_MS, intervalMs)
      await withDeadline(clock, { ms, what: `looking for providers of ${id}`, signal }, async (limit) => {
        for await (const peer of findPeers({ signal: limit })) this.#found(peer, signal)
      })
    } catch {
      // Nobody is found for now; the next round asks again.
    }
  }

  #found(peer: PeerId, signal: AbortSignal): void {
    if (this.#saidBy.has(peer) || this.#banned.has(peer) || this.#asking.has(peer) || signal.aborted) return
    // A peer that does not answer now is asked again when it is found again.
    const asking = this.#ask(peer, signal)
      .catch(() => undefined)
      .finally(() => this.#asking.delete(peer))
    this.#asking.set(peer, asking)
  }

  async #ask(peer: PeerId, outer: AbortSignal): Promise<void> {
    const { node, clock, joined } = this.#components
    const { id, maxBytes, timeoutMs } = this.#options
    const what = `digests of ${id} from ${peer}`
    const digests = await withDeadline(clock, { ms: timeoutMs, what, signal: outer }, (signal) =>
      fetchDigests({ node, peer }, id, { signal, timers: clock, connectTimeoutMs: timeoutMs, stallTimeoutMs: timeoutMs })
    )
    if (digests.size > maxBytes || this.#banned.has(peer)) return
    const key = createHash('sha256').update(`${digests.size}:`).update(digests.chunkDigests).digest('hex')
    if (!this.#manifests.has(key)) this.#manifests.set(key, { ...digests, key })
    this.#saidBy.set(peer, key)
    joined(peer)
  }

  /** The manifest of most peers that is not proved wrong. */
  best(): Manifest | undefined {
    let best: Manifest | undefined
    let most = 0
    for (const manifest of this.#manifests.values()) {
      const peers = this.peersOf(manifest).length
      if (peers > most) [best, most] = [manifest, peers]
    }
    return best
  }

  /** Who says so. */
  peersOf({ key }: Manifest): PeerId[] {
    return [...this.#saidBy].filter(([, said]) => said === key).map(([peer]) => peer)
  }

  /** Asks nothing more of a peer. */
  ban(peer: PeerId, why: string): void {
    this.#banned.set(peer, why)
    this.#saidBy.delete(peer)
  }

  /** Others say something else. */
  isDisputed({ key }: Manifest): boolean {
    return [...this.#saidBy.values()].some((said) => said !== key)
  }

  /** Believes the manifest no more, and none of those who gave it. */
  discard(manifest: Manifest, why: string): void {
    for (const peer of this.peersOf(manifest)) this.ban(peer, why)
    this.#manifests.delete(manifest.key)
  }

  /** Who was banned, and why. */
  get banned(): ReadonlyMap<PeerId, string> {
    return this.#banned
  }
}
