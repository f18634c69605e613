import { checkText } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { systemRng } from '../core/rng.ts'
import type { Rng } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { Observation } from '../peer/observation.ts'
import { findProviders } from './discovery.ts'
import { type MemberWatch, Watch } from './member-watch.ts'
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
  /** Most peers that are watched, ≥ 1. @default 10000 */
  readonly maxPeers?: number
}

const DEFAULTS = {
  discoveryIntervalMs: 10_000,
  probeIntervalMs: 5_000,
  likelyProbeIntervalMs: 1_000,
  jitterRatio: 0.2,
  timeoutMs: 2_000,
  forgetAfterMs: 600_000,
  maxPeers: 10_000
} as const satisfies Partial<PeerWatchOptions>

/** Keeps the membership for some models, and measures every member. */
export type PeerWatch = MemberWatch

/**
 * Finds the providers of the models, dials them and keeps dialling those that went away, pings them and asks for their load and
 * claims on an interval. Whatever a peer does becomes an observation; nothing that it does is thrown.
 */
export function peerWatch(components: PeerWatchComponents, options: PeerWatchOptions): PeerWatch {
  const { models, ...settings } = { ...DEFAULTS, ...options }
  for (const model of models) checkText('models', model)
  const { node, clock = systemClock } = components
  const sources = [...new Set(models)].map((model) => ({
    what: `looking for providers of ${model}`,
    find: (signal: AbortSignal) => findProviders(node, model, { signal })
  }))
  return new Watch(
    {
      rng: systemRng,
      isLikely: () => false,
      ...components,
      clock,
      sources,
      async probe(peer, { signal, timeoutMs, tell }) {
        tell({ kind: 'ping', rttMs: await pingPeer(node, peer, { timeoutMs, clock, signal }) })
        const { load, claims } = await probeStatus(node, peer, { includeClaims: true, timeoutMs, timers: clock, signal })
        tell({ kind: 'load', load })
        return claims
      }
    },
    // A peer that is away is dialled as often as one that is there is probed: it is expected back.
    { ...settings, longestIntervalMs: settings.probeIntervalMs, quietUntilServing: false }
  )
}
