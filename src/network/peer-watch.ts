import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { sleep, withDeadline } from '../core/abort.ts'
import { checkPositive, checkRatio, checkText } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { systemRng } from '../core/rng.ts'
import type { Rng } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { Claims, Observation } from '../peer/observation.ts'
import { findProviders } from './discovery.ts'
import type { NetworkNode } from './node.ts'
import { pingPeer } from './ping.ts'
import { probeStatus } from './status-protocol.ts'

export interface PeerWatchComponents {
  readonly node: NetworkNode
  /** Told every fact as it is seen. @param atMs ms since the epoch */
  readonly observe: (peer: PeerId, observation: Observation, atMs: number) => void
  readonly clock?: Clock & Timers
  readonly rng?: Rng
  /** Whether a peer is likely to be chosen next: its load is worth knowing sooner. @default nobody is */
  readonly isLikely?: (peer: PeerId) => boolean
}

export interface PeerWatchOptions {
  /** Whose providers to look for. */
  readonly models: readonly string[]
  /** Between two looks into the DHT, ms > 0. @default 10000 */
  readonly discoveryIntervalMs?: number
  /** Between two probes (ping, load and claims) of a peer, ms > 0. @default 5000 */
  readonly probeIntervalMs?: number
  /** The same for peers that are likely to be chosen next, ms > 0; no more than `probeIntervalMs`. @default 1000 */
  readonly likelyProbeIntervalMs?: number
  /** An interval is drawn evenly from ± this share, 0–1, so that routers do not probe in step. @default 0.2 */
  readonly jitterRatio?: number
  /** For one ping, one status or one dial, ms > 0. @default 2000 */
  readonly timeoutMs?: number
  /** A peer that was not connected for so long is forgotten until the DHT names it again, ms > 0. @default 600000 */
  readonly forgetAfterMs?: number
}

const DEFAULTS = {
  discoveryIntervalMs: 10_000,
  probeIntervalMs: 5_000,
  likelyProbeIntervalMs: 1_000,
  jitterRatio: 0.2,
  timeoutMs: 2_000,
  forgetAfterMs: 600_000
} as const satisfies Partial<PeerWatchOptions>

/** Keeps the membership for some models, and measures every member. */
export interface PeerWatch {
  start(): void
  /** Resolves when nothing of it runs any more. Connections stay open. */
  stop(): Promise<void>
  /** The connected peers that claim the model. */
  members(model: string): PeerId[]
  /** Calls back whenever what {@link members} says may have changed; the returned function ends that. */
  onChange(listener: () => void): () => void
}

interface Watched {
  readonly id: Libp2pPeerId
  connected: boolean
  claims: Claims | undefined
  /** When it was last connected, or first named, by `clock.now()`. */
  seenMs: number
}

type Components = Required<PeerWatchComponents>
type Settings = Required<PeerWatchOptions>

class Watch implements PeerWatch {
  private readonly components: Components
  private readonly settings: Settings
  private readonly watched = new Map<PeerId, Watched>()
  private readonly listeners = new Set<() => void>()
  private readonly tasks = new Set<Promise<void>>()
  private stopping = new AbortController()

  constructor(components: Components, settings: Settings) {
    this.components = components
    this.settings = settings
  }

  start(): void {
    if (this.tasks.size > 0) return
    const { libp2p } = this.components.node
    this.stopping = new AbortController()
    libp2p.addEventListener('peer:connect', this.onConnect)
    libp2p.addEventListener('peer:disconnect', this.onDisconnect)
    for (const model of new Set(this.settings.models)) this.spawn(this.discover(model, this.stopping.signal))
  }

  async stop(): Promise<void> {
    const { libp2p } = this.components.node
    this.stopping.abort()
    libp2p.removeEventListener('peer:connect', this.onConnect)
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect)
    await Promise.all(this.tasks)
  }

  members(model: string): PeerId[] {
    const serves = ({ connected, claims }: Watched) => connected && claims?.models.includes(model) === true
    return [...this.watched].filter(([, state]) => serves(state)).map(([peer]) => peer)
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  private readonly onConnect = ({ detail }: CustomEvent<Libp2pPeerId>): void => {
    this.setConnected(detail.toString(), true)
  }

  private readonly onDisconnect = ({ detail }: CustomEvent<Libp2pPeerId>): void => {
    this.setConnected(detail.toString(), false)
  }

  private spawn(task: Promise<void>): void {
    this.tasks.add(task)
    void task.finally(() => this.tasks.delete(task))
  }

  private changed(): void {
    for (const listener of this.listeners) listener()
  }

  private tell(peer: PeerId, observation: Observation): void {
    this.components.observe(peer, observation, this.components.clock.wall())
  }

  private pause(intervalMs: number, signal: AbortSignal): Promise<void> {
    const { clock, rng } = this.components
    const jitter = 1 + this.settings.jitterRatio * (2 * rng.next() - 1)
    return sleep(clock, intervalMs * jitter, { signal }).catch(() => undefined)
  }

  private setConnected(peer: PeerId, connected: boolean): void {
    const state = this.watched.get(peer)
    if (state === undefined || state.connected === connected) return
    state.connected = connected
    state.seenMs = this.components.clock.now()
    this.tell(peer, { kind: connected ? 'connected' : 'disconnected' })
    this.changed()
  }

  private async discover(model: string, signal: AbortSignal): Promise<void> {
    const { node, clock } = this.components
    const { discoveryIntervalMs } = this.settings
    const what = `looking for providers of ${model}`
    while (!signal.aborted) {
      try {
        await withDeadline(clock, { ms: discoveryIntervalMs, what, signal }, async (limit) => {
          for await (const peer of findProviders(node, model, { signal: limit })) this.found(peer, signal)
        })
      } catch {
        // No DHT server answered; the next round asks again.
      }
      await this.pause(discoveryIntervalMs, signal)
    }
  }

  private found(peer: PeerId, signal: AbortSignal): void {
    if (this.watched.has(peer) || signal.aborted) return
    const { node, clock } = this.components
    const id = peerIdFromString(peer)
    const state: Watched = { id, connected: false, claims: undefined, seenMs: clock.now() }
    this.watched.set(peer, state)
    if (node.libp2p.getConnections(id).length > 0) this.setConnected(peer, true)
    this.spawn(this.watch(peer, state, signal))
  }

  private async watch(peer: PeerId, state: Watched, signal: AbortSignal): Promise<void> {
    const { probeIntervalMs, likelyProbeIntervalMs, forgetAfterMs } = this.settings
    while (!signal.aborted) {
      if (!state.connected) await this.dial(state, signal)
      if (state.connected) await this.probe(peer, state, signal)
      else if (this.components.clock.now() - state.seenMs > forgetAfterMs) break
      const likely = state.connected && this.components.isLikely(peer)
      await this.pause(likely ? Math.min(likelyProbeIntervalMs, probeIntervalMs) : probeIntervalMs, signal)
    }
    this.watched.delete(peer)
  }

  private async dial(state: Watched, signal: AbortSignal): Promise<void> {
    const { node, clock } = this.components
    const what = `dialling ${state.id.toString()}`
    // A peer that is away stays 'disconnected'; it is dialled again in the next round.
    await withDeadline(clock, { ms: this.settings.timeoutMs, what, signal }, (limit) =>
      node.libp2p.dial(state.id, { signal: limit })
    ).catch(() => undefined)
  }

  private async probe(peer: PeerId, state: Watched, signal: AbortSignal): Promise<void> {
    const { node, clock } = this.components
    const { timeoutMs } = this.settings
    try {
      this.tell(peer, { kind: 'ping', rttMs: await pingPeer(node, peer, { timeoutMs, clock, signal }) })
      const { load, claims } = await probeStatus(node, peer, { includeClaims: true, timeoutMs, timers: clock, signal })
      this.tell(peer, { kind: 'load', load })
      if (claims === undefined) return
      state.claims = claims
      this.tell(peer, { kind: 'claims', claims })
      this.changed()
    } catch {
      if (!signal.aborted) this.tell(peer, { kind: 'ping-failed' })
    }
  }
}

/**
 * Finds the providers of the models, dials them and keeps dialling those that went away, pings them and asks for their load and
 * claims on an interval. Whatever a peer does becomes an observation; nothing that it does is thrown.
 */
export function peerWatch(components: PeerWatchComponents, options: PeerWatchOptions): PeerWatch {
  const settings = { ...DEFAULTS, ...options }
  for (const model of settings.models) checkText('models', model)
  checkPositive('discoveryIntervalMs', settings.discoveryIntervalMs)
  checkPositive('probeIntervalMs', settings.probeIntervalMs)
  checkPositive('likelyProbeIntervalMs', settings.likelyProbeIntervalMs)
  checkRatio('jitterRatio', settings.jitterRatio)
  checkPositive('timeoutMs', settings.timeoutMs)
  checkPositive('forgetAfterMs', settings.forgetAfterMs)
  return new Watch({ clock: systemClock, rng: systemRng, isLikely: () => false, ...components }, settings)
}
