import { weightedMedian } from '../math/weighted-quantile.ts'

/** What is believed of one figure: its mean, and how much that is worth. */
export interface Belief {
  readonly mean: number
  /** > 0: an inverse variance, or a number of outcomes. */
  readonly precision: number
}

/** What one router tells of the figure. */
export interface Report extends Belief {
  /** Network that the router is in. */
  readonly group: string
}

/** How far off a belief a report counts as at most, in units of the figure; > 0. */
export interface Reach {
  /** Downwards: the peer is better than expected. That is put to the test by whoever believes it. */
  readonly better: number
  /** Upwards: it is worse. Who believes that never finds out, so it had better be less. */
  readonly worse: number
}

/** How far reports may move a belief. */
export interface Limits extends Reach {
  /** Most that all of them count for, 0 ≤ share < 1. */
  readonly share: number
}

export interface StrangerLimits extends Limits {
  /** Most of their precision that one of them, or one group, may have; 0–1. */
  readonly groupShare: number
}

function clamped(value: number, { better, worse }: Reach): number {
  return Math.min(worse, Math.max(-better, value))
}

/** Precision that makes up a share beside another precision. */
function precisionOf(share: number, beside: number): number {
  return (share / (1 - share)) * beside
}

/**
 * A belief moved by friends: towards the median of what they say by weight, so that fewer than half of the weight cannot turn it. Moves the
 * mean by at most the share of the reach.
 */
export function heardFromFriends(before: Belief, reports: readonly Report[], limits: Limits): Belief {
  const weights = reports.map(({ precision }) => precision)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const gained = Math.min(total, precisionOf(limits.share, before.precision))
  if (!(gained > 0)) return before
  const median = weightedMedian(
    reports.map(({ mean }) => mean),
    weights
  )
  const precision = before.precision + gained
  return { mean: before.mean + (gained / precision) * clamped(median - before.mean, limits), precision }
}

/**
 * A belief moved by strangers: towards the mean of what they say, each off by no more than the reach. However many they are, they move the
 * mean by at most the share of the reach, and those of one group by at most {@link groupBound}. It does not become surer by them.
 */
export function heardFromStrangers(before: Belief, reports: readonly Report[], limits: StrangerLimits): Belief {
  const most = precisionOf(limits.share, before.precision)
  const weights = strangerWeights(reports, limits.groupShare * most)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0)) return before
  const scale = Math.min(1, most / total)
  let shift = 0
  for (const [i, { mean }] of reports.entries()) shift += scale * weights[i] * clamped(mean - before.mean, limits)
  return { mean: before.mean + shift / (before.precision + scale * total), precision: before.precision }
}

/** Precisions of reports, no more than `most` for each of them and for each group. */
function strangerWeights(reports: readonly Report[], most: number): number[] {
  const alone = reports.map(({ precision }) => Math.min(precision, most))
  const groups = new Map<string, number>()
  for (const [i, { group }] of reports.entries()) groups.set(group, (groups.get(group) ?? 0) + alone[i])
  return reports.map(({ group }, i) => alone[i] * Math.min(1, most / (groups.get(group) ?? 0) || 0))
}

/** Most by which all strangers together move a mean, either way. */
export function strangerBound({ share, better, worse }: Limits): number {
  return share * Math.max(better, worse)
}

/**
 * Most by which the strangers of one group move a mean, whatever others say. They have at most g = groupShare·share/(1 − share) of the
 * precision before, so (better + worse)·g/(1 + g): from one end of what may be said to the other.
 */
export function groupBound({ share, better, worse, groupShare }: StrangerLimits): number {
  const most = groupShare * precisionOf(share, 1)
  return Math.min(share * (better + worse), ((better + worse) * most) / (1 + most))
}
