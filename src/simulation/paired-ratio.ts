import { estimateOf } from './figures.ts'

export const OUTCOMES = ['win', 'tie', 'loss'] as const

/** Ours is clearly less, cannot be told from theirs, or is clearly more. */
export type PairedOutcome = (typeof OUTCOMES)[number]

/** Ours over theirs, where less is better. */
export interface PairedRatio {
  /** Geometric mean over the seeds. */
  readonly ratio: number
  /** Student's 95 % interval of the mean logarithm, as ratios; null with a single seed. */
  readonly low: number | null
  readonly high: number | null
  /** A tie when the interval holds 1, or is not known. */
  readonly outcome: PairedOutcome
}

/**
 * Compares two policies by a time that both have for each seed. Logarithms, so that neither side of 1 counts for more.
 * @param ours one value a seed, > 0
 * @param theirs the values of the same seeds in the same order, > 0
 * @throws ERR_INVALID_OPTION for no values
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): PairedRatio {
  const { mean, low, high } = estimateOf(ours.map((value, i) => Math.log(value / theirs[i])))
  const ends = { low: low === null ? null : Math.exp(low), high: high === null ? null : Math.exp(high) }
  return { ratio: Math.exp(mean), ...ends, outcome: outcomeOf(low, high) }
}

function outcomeOf(low: number | null, high: number | null): PairedOutcome {
  if (high !== null && high < 0) return 'win'
  return low !== null && low > 0 ? 'loss' : 'tie'
}
