import type { Interval, SideSummary } from './comparison-types.ts'
import { formatMs, formatPercent } from './format.ts'

interface VerdictInput {
  readonly adaptive: SideSummary
  readonly static: SideSummary
  readonly meanDifferenceMs: Interval
}

function successClause({ adaptive, static: fixed }: VerdictInput): string {
  const [ours, theirs] = [formatPercent(adaptive.successRatio), formatPercent(fixed.successRatio)]
  return ours === theirs
    ? `${ours} of the jobs succeeded on both sides`
    : `${ours} of the jobs succeeded, ${theirs} with static weights`
}

/** What the comparison says, in one sentence, and no more than its interval allows. */
export function verdictOf(input: VerdictInput): string {
  const { adaptive, static: fixed, meanDifferenceMs } = input
  const means = `${formatMs(adaptive.meanMs)} against ${formatMs(fixed.meanMs)}`
  const success = successClause(input)
  if (meanDifferenceMs.low <= 0 && meanDifferenceMs.high >= 0) {
    return `No clear difference: the mean job took ${means} with static weights, which ${adaptive.jobs} jobs cannot tell apart; ${success}.`
  }
  const change = formatPercent(Math.abs(1 - adaptive.meanMs / fixed.meanMs))
  const direction = meanDifferenceMs.high < 0 ? 'less' : 'more'
  return `The adaptive side took ${change} ${direction} time per job than static weights: ${means} on average; ${success}.`
}
