import type { Rng } from '../../core/rng.ts'
import type { PeerId } from '../../job/decision.ts'
import type { Observation } from '../../peer/observation.ts'
import type { VirtualPeer } from './virtual-peer.ts'
import type { VirtualTime } from './virtual-time.ts'

/** As the watch over a real network has them (network/peer-watch.ts). */
const JITTER_RATIO = 0.2
const TIMEOUT_MS = 2_000
const LIKELY_INTERVAL_MS = 1_000

interface VirtualWatchComponents {
  readonly time: VirtualTime
  readonly peers: readonly VirtualPeer[]
  readonly observe: (peer: PeerId, observation: Observation, atMs: number) => void
  readonly rng: Rng
  /** Whether a peer is likely to be chosen next, as over a real network. @default nobody is */
  readonly isLikely?: (peer: PeerId) => boolean
}

interface VirtualWatchOptions {
  /** Whose it is: round trips may depend on it. */
  readonly router?: number
  /** Between two probes (ping, load and claims) of a peer, ms > 0, give or take a fifth. */
  readonly probeIntervalMs: number
}

/** The connected peers of one router that said what they serve. */
export interface VirtualWatch {
  members(): readonly PeerId[]
  /** Asks nobody and tells nothing any more; only who leaves is still noticed, for jobs that are under way. */
  stop(): void
}

interface Watched {
  readonly peer: VirtualPeer
  connected: boolean
  claimed: boolean
}

/**
 * Keeps the membership of one router and measures every member, with the same observations in the same order as the watch over a
 * real network: dials who is not connected, pings, asks for load and claims. All peers are known from the start: the search in
 * the DHT is left out.
 */
class Watch implements VirtualWatch {
  readonly #components: VirtualWatchComponents
  readonly #options: VirtualWatchOptions
  readonly #watched: readonly Watched[]
  #members: readonly PeerId[] | undefined
  #stopped = false

  constructor(components: VirtualWatchComponents, options: VirtualWatchOptions) {
    this.#components = components
    this.#options = options
    this.#watched = components.peers.map((peer) => ({ peer, connected: false, claimed: false }))
    for (const state of this.#watched) {
      state.peer.onDeparture(() => {
        this.#setConnected(state, false)
      })
      this.#look(state)
    }
  }

  members(): readonly PeerId[] {
    this.#members ??= this.#watched.filter(({ connected, claimed }) => connected && claimed).map(({ peer }) => peer.id)
    return this.#members
  }

  stop(): void {
    this.#stopped = true
  }

  #tell({ peer }: Watched, observation: Observation): void {
    if (this.#stopped) return
    this.#components.observe(peer.id, observation, this.#components.time.wall())
  }

  #setConnected(state: Watched, connected: boolean): void {
    if (state.connected === connected) return
    state.connected = connected
    this.#members = undefined
    this.#tell(state, { kind: connected ? 'connected' : 'disconnected' })
  }

  #look(state: Watched): void {
    if (state.connected) this.#ping(state)
    else this.#dial(state)
  }

  #dial(state: Watched): void {
    this.#components.time.quiet.after(state.peer.roundTripMs(this.#options.router), () => {
      if (state.peer.present) {
        this.#setConnected(state, true)
        this.#ping(state)
      } else this.#rest(state)
    })
  }

  #ping(state: Watched): void {
    const rttMs = state.peer.roundTripMs(this.#options.router)
    this.#components.time.quiet.after(Math.min(rttMs, TIMEOUT_MS), () => {
      if (state.connected && rttMs <= TIMEOUT_MS) {
        this.#tell(state, { kind: 'ping', rttMs })
        this.#ask(state)
      } else this.#fail(state)
    })
  }

  /** For load and claims, which are those of the moment in which the question arrives. */
  #ask(state: Watched): void {
    const { peer } = state
    const { time } = this.#components
    time.quiet.after(peer.roundTripMs(this.#options.router) / 2, () => {
      const { claims } = peer
      const load = peer.load()
      time.quiet.after(peer.roundTripMs(this.#options.router) / 2, () => {
        if (!state.connected) {
          this.#fail(state)
          return
        }
        this.#tell(state, { kind: 'load', load })
        this.#tell(state, { kind: 'claims', claims })
        if (!state.claimed) this.#members = undefined
        state.claimed = true
        this.#rest(state)
      })
    })
  }

  /** The peer went away or took too long. */
  #fail(state: Watched): void {
    this.#tell(state, { kind: 'ping-failed' })
    this.#rest(state)
  }

  #rest(state: Watched): void {
    if (this.#stopped) return
    const { rng, time } = this.#components
    time.quiet.after(this.#intervalMs(state) * (1 + JITTER_RATIO * (2 * rng.next() - 1)), () => {
      this.#look(state)
    })
  }

  #intervalMs({ peer, connected }: Watched): number {
    const { probeIntervalMs } = this.#options
    const likely = connected && this.#components.isLikely?.(peer.id) === true
    return likely ? Math.min(LIKELY_INTERVAL_MS, probeIntervalMs) : probeIntervalMs
  }
}

export function virtualWatch(components: VirtualWatchComponents, options: VirtualWatchOptions): VirtualWatch {
  return new Watch(components, options)
}
