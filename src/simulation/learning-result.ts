import { meanOf } from '../math/quantile.ts'
import { type Estimate, estimateOf } from './figures.ts'
import type { GroupShare, LearningFigures, RollingRatio } from './learning-figures.ts'

/** {@link GroupShare} over the seeds. */
interface GroupShareEstimate {
  readonly share: Estimate
  readonly fairShare: Estimate
  /** Null where the group can do nothing. */
  readonly ofFairShare: Estimate | null
}

/** {@link LearningFigures} over the seeds that have them. */
export interface LearningResult {
  readonly ratioFirst100?: Estimate
  /** Over the seeds in which it recovered; null when there was none. */
  readonly recoveryJobs?: Estimate | null
  /** Share of the seeds in which it recovered, 0–1. */
  readonly recoveredRatio?: number
  /** Means over the seeds, for the windows that all of them have. */
  readonly rollingRatio?: RollingRatio
  readonly shareByGroup?: Readonly<Record<string, GroupShareEstimate>>
  readonly attemptShareAfterFailures?: Readonly<Record<string, Estimate>>
}

type Runs = readonly LearningFigures[]

/** The values that there are. */
function present<T>(values: readonly (T | null | undefined)[]): T[] {
  return values.filter((value) => value !== undefined && value !== null)
}

function estimateOrNull(values: readonly number[]): Estimate | null {
  return values.length === 0 ? null : estimateOf(values)
}

/** What the runs of one policy show of learning. */
export function learningResult(runs: Runs): LearningResult {
  const first = present(runs.map(({ ratioFirst100 }) => ratioFirst100))
  return {
    ...(first.length === 0 ? {} : { ratioFirst100: estimateOf(first) }),
    ...recovery(runs),
    ...shares(runs),
    ...attemptShares(runs)
  }
}

function recovery(runs: Runs): Pick<LearningResult, 'recoveryJobs' | 'recoveredRatio' | 'rollingRatio'> {
  const jobs = runs.flatMap(({ recoveryJobs }) => (recoveryJobs === undefined ? [] : [recoveryJobs]))
  if (jobs.length === 0) return {}
  const recovered = present(jobs)
  return {
    recoveryJobs: estimateOrNull(recovered),
    recoveredRatio: recovered.length / jobs.length,
    rollingRatio: meanRolling(present(runs.map(({ rollingRatio }) => rollingRatio)))
  }
}

function meanRolling(series: readonly RollingRatio[]): RollingRatio {
  const byWindow = series.map(({ fromJob, ratio }) => new Map(fromJob.map((from, i) => [from, ratio[i]])))
  const common = series[0].fromJob.filter((from) => byWindow.every((windows) => windows.has(from)))
  return { fromJob: common, ratio: common.map((from) => meanOf(present(byWindow.map((windows) => windows.get(from))))) }
}

function groupEstimate(shares: readonly GroupShare[]): GroupShareEstimate {
  return {
    share: estimateOf(shares.map(({ share }) => share)),
    fairShare: estimateOf(shares.map(({ fairShare }) => fairShare)),
    ofFairShare: estimateOrNull(present(shares.map(({ ofFairShare }) => ofFairShare)))
  }
}

function shares(runs: Runs): Pick<LearningResult, 'shareByGroup'> {
  const all = present(runs.map(({ shareByGroup }) => shareByGroup))
  if (all.length === 0) return {}
  const estimates = Object.keys(all[0]).map((group) => [group, groupEstimate(all.map((shares) => shares[group]))])
  return { shareByGroup: Object.fromEntries(estimates) as Record<string, GroupShareEstimate> }
}

function attemptShares(runs: Runs): Pick<LearningResult, 'attemptShareAfterFailures'> {
  const all = present(runs.map(({ attemptShareAfterFailures }) => attemptShareAfterFailures))
  const groups = [...new Set(all.flatMap((shares) => Object.keys(shares)))].sort()
  if (groups.length === 0) return {}
  const estimates = groups.map((group) => [group, estimateOf(present(all.map((shares) => shares[group])))])
  return { attemptShareAfterFailures: Object.fromEntries(estimates) as Record<string, Estimate> }
}
