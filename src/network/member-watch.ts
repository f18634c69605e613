import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { sleep, withDeadline } from '../core/abort.ts'
import { checkInteger, checkPositive, checkRatio } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import type { Rng } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { Claims, Observation } from '../peer/observation.ts'
import type { NetworkNode } from './node.ts'
import { RecentPeers } from './recent-peers.ts'

/** Where peers are found. */
export interface PeerSource {
  /** Names it in errors. */
  readonly what: string
  /** Who is there now; may throw. */
  find(signal: AbortSignal): AsyncIterable<PeerId>
}

interface ProbeContext {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Tells what was seen, at once. */
  readonly tell: (observation: Observation) => void
}

export interface MemberWatchComponents {
  readonly node: NetworkNode
  /** Told every fact as it is seen. @param atMs ms since the epoch */
  readonly observe: (peer: PeerId, observation: Observation, atMs: number) => void
  readonly clock: Clock & Timers
  readonly rng: Rng
  /** Whether a peer is likely to be chosen next. */
  readonly isLikely: (peer: PeerId) => boolean
  readonly sources: readonly PeerSource[]
  /** Measures a connected peer. What it throws is a failed ping. @returns what the peer claims; undefined where that is as before */
  readonly probe: (peer: PeerId, context: ProbeContext) => Promise<Claims | undefined>
}

export interface MemberWatchOptions {
  /** Between two looks for peers, ms > 0. */
  readonly discoveryIntervalMs: number
  /** Between two probes of a peer, ms > 0. */
  readonly probeIntervalMs: number
  /** The same for peers that are likely to be chosen next, ms > 0; no more than `probeIntervalMs`. */
  readonly likelyProbeIntervalMs: number
  /** The same for peers that are away or serve nothing: `probeIntervalMs` doubles up to this with every time, ms > 0. */
  readonly longestIntervalMs: number
  /** An interval is drawn evenly from ± this share, 0–1. */
  readonly jitterRatio: number
  /** For one dial, and each step of a probe, ms > 0. */
  readonly timeoutMs: number
  /** A peer that was not connected for so long is forgotten until it is found again, ms > 0. */
  readonly forgetAfterMs: number
  /** Most peers that are watched, ≥ 1. One that cannot be reached makes place for one that is found; else those found are passed over. */
  readonly maxPeers: number
  /** Whether a peer is spoken of only from the moment that it claims to serve something: where anybody can be found. */
  readonly quietUntilServing: boolean
}

/** Keeps a membership, and measures every member. */
export interface MemberWatch {
  start(): void
  /** Resolves when nothing of it runs any more. Connections stay open. */
  stop(): Promise<void>
  /** The connected peers that claim the model. */
  members(model: string): PeerId[]
  /** Models that connected peers claim. */
  models(): string[]
  /** Whether a peer is watched, connected or not. */
  has(peer: PeerId): boolean
  /** Calls back whenever what {@link members} says may have changed; the returned function ends that. */
  onChange(listener: () => void): () => void
}

interface Watched {
  readonly id: Libp2pPeerId
  readonly stopping: AbortController
  connected: boolean
  claims: Claims | undefined
  /** When it was last connected, or first named, by `clock.now()`. */
  seenMs: number
  /** Times in a row that it could not be dialled, or served nothing. */
  setbacks: number
  /** Whether it is spoken of, and the last ping of before. */
  introduced: boolean
  held: Observation | undefined
}

/** A search may take so long, however often there is one, ms. */
const LONGEST_SEARCH_MS = 10_000

/** How many peers that gave up their place are remembered, for each place. */
const REMEMBERED = 16

function serves({ connected, claims }: Watched): boolean {
  return connected && claims !== undefined && claims.models.length > 0
}

export class Watch implements MemberWatch {
  readonly #components: MemberWatchComponents
  readonly #settings: MemberWatchOptions
  readonly #watched = new Map<PeerId, Watched>()
  readonly #gaveUp: RecentPeers
  readonly #listeners = new Set<() => void>()
  readonly #tasks = new Set<Promise<void>>()
  #stopping = new AbortController()

  /** @throws ERR_INVALID_OPTION */
  constructor(components: MemberWatchComponents, settings: MemberWatchOptions) {
    checkPositive('discoveryIntervalMs', settings.discoveryIntervalMs)
    checkPositive('probeIntervalMs', settings.probeIntervalMs)
    checkPositive('likelyProbeIntervalMs', settings.likelyProbeIntervalMs)
    checkPositive('longestIntervalMs', settings.longestIntervalMs)
    checkRatio('jitterRatio', settings.jitterRatio)
    checkPositive('timeoutMs', settings.timeoutMs)
    checkPositive('forgetAfterMs', settings.forgetAfterMs)
    checkInteger('maxPeers', settings.maxPeers, { min: 1 })
    this.#components = components
    this.#settings = settings
    this.#gaveUp = new RecentPeers(components.clock, { forMs: settings.forgetAfterMs, most: REMEMBERED * settings.maxPeers })
  }

  start(): void {
    if (this.#tasks.size > 0) return
    const { node, sources } = this.#components
    this.#stopping = new AbortController()
    node.libp2p.addEventListener('peer:connect', this.#onConnect)
    node.libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    for (const source of sources) this.#spawn(this.#discover(source, this.#stopping.signal))
  }

  async stop(): Promise<void> {
    const { libp2p } = this.#components.node
    this.#stopping.abort()
    for (const { stopping } of this.#watched.values()) stopping.abort()
    libp2p.removeEventListener('peer:connect', this.#onConnect)
    libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    await Promise.all(this.#tasks)
  }

  members(model: string): PeerId[] {
    const claiming = [...this.#watched].filter(([, state]) => serves(state) && state.claims?.models.includes(model) === true)
    return claiming.map(([peer]) => peer)
  }

  models(): string[] {
    return [...new Set([...this.#watched.values()].filter(serves).flatMap(({ claims }) => claims?.models ?? []))]
  }

  has(peer: PeerId): boolean {
    return this.#watched.has(peer)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  readonly #onConnect = ({ detail }: CustomEvent<Libp2pPeerId>): void => {
    this.#setConnected(detail.toString(), true)
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<Libp2pPeerId>): void => {
    this.#setConnected(detail.toString(), false)
  }

  #spawn(task: Promise<void>): void {
    this.#tasks.add(task)
    void task.finally(() => this.#tasks.delete(task))
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  #tell(peer: PeerId, state: Watched, observation: Observation): void {
    if (state.introduced) this.#components.observe(peer, observation, this.#components.clock.wall())
    else if (observation.kind === 'ping') state.held = observation
  }

  #introduce(peer: PeerId, state: Watched): void {
    state.introduced = true
    this.#tell(peer, state, { kind: 'connected' })
    if (state.held !== undefined) this.#tell(peer, state, state.held)
    state.held = undefined
  }

  #pause(intervalMs: number, signal: AbortSignal): Promise<void> {
    const { clock, rng } = this.#components
    const jitter = 1 + this.#settings.jitterRatio * (2 * rng.next() - 1)
    return sleep(clock, intervalMs * jitter, { signal }).catch(() => undefined)
  }

  #setConnected(peer: PeerId, connected: boolean): void {
    const state = this.#watched.get(peer)
    if (state === undefined || state.connected === connected) return
    state.connected = connected
    state.seenMs = this.#components.clock.now()
    if (connected && !state.introduced && !this.#settings.quietUntilServing) this.#introduce(peer, state)
    else this.#tell(peer, state, { kind: connected ? 'connected' : 'disconnected' })
    this.#changed()
  }

  async #discover(source: PeerSource, signal: AbortSignal): Promise<void> {
    const { discoveryIntervalMs } = this.#settings
    while (!signal.aborted) {
      try {
        const limit = { ms: Math.max(discoveryIntervalMs, LONGEST_SEARCH_MS), what: source.what, signal }
        await withDeadline(this.#components.clock, limit, async (held) => {
          for await (const peer of source.find(held)) this.#found(peer, signal)
        })
      } catch {
        // Nobody answered; the next round asks again.
      }
      await this.#pause(discoveryIntervalMs, signal)
    }
  }

  #found(peer: PeerId, signal: AbortSignal): void {
    if (this.#watched.has(peer) || signal.aborted || !this.#makePlace(peer)) return
    const { node, clock } = this.#components
    const state: Watched = {
      id: peerIdFromString(peer),
      stopping: new AbortController(),
      connected: false,
      claims: undefined,
      seenMs: clock.now(),
      setbacks: 0,
      introduced: false,
      held: undefined
    }
    this.#watched.set(peer, state)
    if (node.libp2p.getConnections(state.id).length > 0) this.#setConnected(peer, true)
    this.#spawn(this.#watch(peer, state))
  }

  /**
   * Whether there is a place for a peer. The one that could not be reached most often in a row gives up its own, but not for one that gave
   * up its own a while ago: else those that are named first, over and over, would keep out all others.
   */
  #makePlace(newcomer: PeerId): boolean {
    if (this.#watched.size < this.#settings.maxPeers) return true
    if (this.#gaveUp.has(newcomer)) return false
    const away = [...this.#watched].filter(([, { connected, setbacks }]) => !connected && setbacks > 0)
    if (away.length === 0) return false
    const [peer, { stopping }] = away.reduce((a, b) => (b[1].setbacks > a[1].setbacks ? b : a))
    stopping.abort()
    this.#watched.delete(peer)
    this.#gaveUp.add(peer)
    return true
  }

  async #watch(peer: PeerId, state: Watched): Promise<void> {
    const { signal } = state.stopping
    while (!signal.aborted) {
      if (!state.connected) await this.#dial(state, signal)
      if (state.connected) await this.#probe(peer, state, signal)
      else if (this.#components.clock.now() - state.seenMs > this.#settings.forgetAfterMs) break
      state.setbacks = serves(state) ? 0 : state.setbacks + 1
      await this.#pause(this.#intervalMs(peer, state), signal)
    }
    // It may have been found again since it gave up its place.
    if (this.#watched.get(peer) === state) this.#watched.delete(peer)
  }

  #intervalMs(peer: PeerId, { connected, setbacks }: Watched): number {
    const { probeIntervalMs, likelyProbeIntervalMs, longestIntervalMs } = this.#settings
    if (connected && this.#components.isLikely(peer)) return Math.min(likelyProbeIntervalMs, probeIntervalMs)
    const doubled = probeIntervalMs * 2 ** Math.min(setbacks, 20)
    return Math.max(probeIntervalMs, Math.min(doubled, longestIntervalMs))
  }

  async #dial(state: Watched, signal: AbortSignal): Promise<void> {
    const { node, clock } = this.#components
    const what = `dialling ${state.id.toString()}`
    // A peer that is away stays 'disconnected'; it is dialled again in the next round.
    await withDeadline(clock, { ms: this.#settings.timeoutMs, what, signal }, (limit) =>
      node.libp2p.dial(state.id, { signal: limit })
    ).catch(() => undefined)
  }

  async #probe(peer: PeerId, state: Watched, signal: AbortSignal): Promise<void> {
    const tell = (observation: Observation) => {
      this.#tell(peer, state, observation)
    }
    try {
      const claims = await this.#components.probe(peer, { signal, timeoutMs: this.#settings.timeoutMs, tell })
      if (claims === undefined) return
      state.claims = claims
      if (serves(state) && !state.introduced) this.#introduce(peer, state)
      tell({ kind: 'claims', claims })
      this.#changed()
    } catch {
      if (!signal.aborted) tell({ kind: 'ping-failed' })
    }
  }
}
