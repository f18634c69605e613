import { PeerbanditError } from '../../core/errors.ts'
import { quantileOfSorted, sortedCopy } from '../../math/quantile.ts'
import type { QuantileTable } from './workload-parameters.ts'

/** What a composed fleet of peers is drawn from; data/fleet holds ours. */
export interface FleetParameters {
  /** The most frequent first; shares sum to 1. */
  readonly gpus: readonly {
    readonly gpu: string
    readonly vramGb: number
    readonly bandwidthGbs: number
    readonly share: number
  }[]
  readonly roundTrip: {
    /** Medians of links, ms. */
    readonly medianMs: QuantileTable
    /** A link's 10 % and 90 % quantiles over its median: their medians over the links. */
    readonly lowRatio: number
    readonly highRatio: number
  }
  readonly sessions: {
    /** Weibull shape of their lengths. */
    readonly shape: number
    /** Share of the time between first and last seen for which hosts were there, as one finds them at a random moment. */
    readonly uptimeRatio: QuantileTable
  }
}

/** Machines that were measured with one model. */
export interface MeasuredFleet {
  /** Its name, as people write it. */
  readonly model: string
  /** From slow to fast. */
  readonly machines: readonly { readonly gpu: string; readonly vramGb: number; readonly tokensPerSecond: number }[]
}

/** Ten equal parts, and the tails of round trips. */
const PROBABILITIES = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1]

interface Gpu {
  readonly gpu: string
  readonly count: number
  readonly vramGb: number
  readonly bandwidthGbs: number
}

/** Shares of the `kinds` most frequent GPUs among themselves. */
export function fitGpus(gpus: readonly Gpu[], kinds: number): FleetParameters['gpus'] {
  const top = gpus.toSorted((a, b) => b.count - a.count).slice(0, kinds)
  const total = top.reduce((sum, { count }) => sum + count, 0)
  return top.map(({ gpu, count, vramGb, bandwidthGbs }) => ({ gpu, vramGb, bandwidthGbs, share: count / total }))
}

/** @param links the round trips of each link over time, ms > 0, at least one each */
export function fitRoundTrips(links: readonly (readonly number[])[]): FleetParameters['roundTrip'] {
  const sorted = links.map((link) => sortedCopy(link))
  const medians = sortedCopy(sorted.map((link) => quantileOfSorted(link, 0.5)))
  const medianRatio = (p: number) => {
    const ratios = sorted.map((link) => quantileOfSorted(link, p) / quantileOfSorted(link, 0.5))
    return quantileOfSorted(sortedCopy(ratios), 0.5)
  }
  return {
    medianMs: { probabilities: PROBABILITIES, values: PROBABILITIES.map((p) => quantileOfSorted(medians, p)) },
    lowRatio: medianRatio(0.1),
    highRatio: medianRatio(0.9)
  }
}

/** A session as recorded. */
export interface RecordedSession {
  readonly length: number
  /** Whether its end was seen; one that was cut off lasted at least as long. */
  readonly ended: boolean
}

const SHAPE_BOUNDS = [0.05, 20] as const
const BISECTIONS = 60

/**
 * Shape of the Weibull distribution of lengths by maximum likelihood, with lengths that were cut off (Cohen 1965), 0.05 to 20.
 * @param sessions lengths > 0; at least two that ended, of different lengths
 * @throws ERR_INVALID_OPTION otherwise
 */
export function weibullShape(sessions: readonly RecordedSession[]): number {
  const ended = sessions.filter((session) => session.ended)
  const longest = Math.max(...sessions.map(({ length }) => length))
  if (!(new Set(ended.map(({ length }) => length)).size >= 2 && sessions.every(({ length }) => length > 0))) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `sessions must be longer than 0, with two that ended and differ, got ${ended.length} of ${sessions.length} that ended`
    )
  }
  // Relative to the longest, so that no power overflows.
  const logs = sessions.map(({ length }) => Math.log(length / longest))
  const meanLog = ended.reduce((sum, { length }) => sum + Math.log(length / longest), 0) / ended.length
  // The derivative of the likelihood over the shape: it rises through 0 once.
  const slope = (shape: number) => {
    let weights = 0
    let weighted = 0
    for (const log of logs) {
      const weight = Math.exp(shape * log)
      weights += weight
      weighted += weight * log
    }
    return weighted / weights - 1 / shape - meanLog
  }
  let [low, high]: [number, number] = [...SHAPE_BOUNDS]
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    if (slope(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Time for which a host was there, and from first to last seen. */
export interface HostPresence {
  readonly present: number
  readonly lifetime: number
}

/** Uptimes as one finds them at a random moment: each host counts as long as it was there. */
export function fitUptimes(hosts: readonly HostPresence[]): QuantileTable {
  const byUptime = hosts
    .map(({ present, lifetime }) => ({ uptime: Math.min(1, present / lifetime), weight: present }))
    .sort((a, b) => a.uptime - b.uptime)
  const total = byUptime.reduce((sum, { weight }) => sum + weight, 0)
  const quantile = (p: number) => {
    let reached = 0
    for (const { uptime, weight } of byUptime) {
      reached += weight
      if (reached >= p * total) return uptime
    }
    return 1
  }
  return { probabilities: PROBABILITIES, values: PROBABILITIES.map(quantile) }
}
