import { quantileOfSorted, sortedCopy } from '../../../src/math/quantile.ts'

export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What is told of many measurements; undefined of none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  const sorted = sortedCopy(values)
  const at = (q: number) => quantileOfSorted(sorted, q)
  return { count: values.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** A figure of several rounds. */
export interface Rounds {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** The median of the rounds, and the least and the most that one had. Rounds without the figure do not count; undefined if none has it. */
export function overRounds(values: readonly (number | undefined)[]): Rounds | undefined {
  const known = values.filter((value) => value !== undefined)
  if (known.length === 0) return undefined
  const sorted = sortedCopy(known)
  return { median: quantileOfSorted(sorted, 0.5), low: sorted[0], high: sorted[sorted.length - 1] }
}
