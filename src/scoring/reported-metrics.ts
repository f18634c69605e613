import { checkInteger, checkNonNegative, checkPositive } from '../core/check.ts'
import { setLatest } from '../core/latest.ts'
import { pcg32 } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { Ranker } from '../peer/ranker.ts'
import { IDLE_BELOW } from './host-quality.ts'

export interface ReportedMetricsOptions {
  /** A metric that is older is not known any more, ms > 0. @default 60000 */
  readonly maxAgeMs?: number
  /** Peers that are kept in mind, ≥ 1; above it the one that was heard of least recently is forgotten. @default 4096 */
  readonly maxPeers?: number
}

/** The last metric that was heard of each peer. */
export interface ReportedMetrics {
  /** @param metric finite, ≥ 0 @param atMs since the epoch @throws ERR_INVALID_OPTION */
  heard(peer: PeerId, metric: number, atMs: number): void
  /** Undefined for a peer that did not say, or not lately. */
  metric(peer: PeerId, atMs: number): number | undefined
}

const DEFAULTS = { maxAgeMs: 60_000, maxPeers: 4096 } as const satisfies ReportedMetricsOptions

export function reportedMetrics(options: ReportedMetricsOptions = {}): ReportedMetrics {
  const { maxAgeMs, maxPeers } = { ...DEFAULTS, ...options }
  checkPositive('maxAgeMs', maxAgeMs)
  checkInteger('maxPeers', maxPeers, { min: 1 })
  // In the order in which they were heard of.
  const heard = new Map<PeerId, { readonly metric: number; readonly atMs: number }>()
  return {
    heard(peer, metric, atMs) {
      checkNonNegative('metric', metric)
      setLatest(heard, peer, { metric, atMs }, maxPeers)
    },
    metric(peer, atMs) {
      const last = heard.get(peer)
      return last === undefined || atMs - last.atMs > maxAgeMs ? undefined : last.metric
    }
  }
}

/**
 * A peer's score under Pyrsia's rule: one below the threshold is as good as any other that is, so that chance decides among them; then by
 * metric, the lowest first; whose metric is not known comes last.
 * @param metric finite, ≥ 0, or undefined where it is not known
 * @param order what decides among peers below the threshold, 0 ≤ order < 1
 * @see pyrsia/pyrsia, src/network/client.rs (get_idle_peer) at 43db0e5, which asks in random order and takes the first below 0.5
 */
export function idlePeerScore(metric: number | undefined, order: number, idleBelow: number = IDLE_BELOW): number {
  if (metric === undefined) return -Number.MAX_VALUE
  return metric < idleBelow ? order : -metric
}

/** Name of the arm. */
export const PYRSIA = 'pyrsia'

export interface PyrsiaRankerOptions {
  /** Below this a peer is idle, > 0. @default 0.5 */
  readonly idleBelow?: number
}

/**
 * Pyrsia's choice among candidates, from what they said of themselves: a peer that lies low wins it, which is why it is one arm among
 * others and judged by what comes of it. One arm, `pyrsia`.
 */
export function pyrsiaRanker(metrics: ReportedMetrics, { idleBelow = IDLE_BELOW }: PyrsiaRankerOptions = {}): Ranker {
  checkPositive('idleBelow', idleBelow)
  return {
    arms: [PYRSIA],
    rank({ table, rows, count, atMs, seed }, _job, into) {
      const rng = pcg32(seed)
      for (let i = 0; i < count; i++) {
        into[i] = idlePeerScore(metrics.metric(table.peerAt(rows[i]), atMs), rng.next(), idleBelow)
      }
    }
  }
}
