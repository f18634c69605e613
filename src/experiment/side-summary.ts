import { meanOf, quantile, quantileOfSorted, sortedCopy } from '../math/quantile.ts'
import type { JobRow, SideSummary } from './comparison-types.ts'

/** Enough jobs to average over, few enough to be the time when nothing is known yet. */
const FIRST_JOBS = 100

function tokensPerSecond(rows: readonly JobRow[]): number {
  let tokens = 0
  let firstArrivalMs = Infinity
  let lastCompletionMs = -Infinity
  for (const row of rows) {
    if (row.ok) tokens += row.outputTokens
    firstArrivalMs = Math.min(firstArrivalMs, row.arrivalMs)
    // A failed job ends at its deadline here too, so that failing never raises the figure.
    lastCompletionMs = Math.max(lastCompletionMs, row.arrivalMs + row.durationMs)
  }
  const spanMs = lastCompletionMs - firstArrivalMs
  return spanMs > 0 ? (tokens * 1000) / spanMs : 0
}

/**
 * The figures of one side, from its rows in any order. Latencies are over all jobs: a failed job counts with its deadline, which
 * is what `durationMs` holds for it. Quantiles by the linear rule ({@link quantileOfSorted}).
 * @throws ERR_INVALID_OPTION when there are no rows
 */
export function summariseSide(rows: readonly JobRow[]): SideSummary {
  const durations = sortedCopy(rows.map((row) => row.durationMs))
  const firstTokens = rows.flatMap((row) => row.firstTokenMs ?? [])
  const byIndex = rows.toSorted((a, b) => a.index - b.index)
  return {
    jobs: rows.length,
    meanMs: meanOf(durations),
    p50Ms: quantileOfSorted(durations, 0.5),
    p95Ms: quantileOfSorted(durations, 0.95),
    p99Ms: quantileOfSorted(durations, 0.99),
    successRatio: rows.filter((row) => row.ok).length / rows.length,
    tokensPerSecond: tokensPerSecond(rows),
    attempts: rows.reduce((sum, row) => sum + row.attempts, 0),
    firstTokenP50Ms: firstTokens.length > 0 ? quantile(firstTokens, 0.5) : null,
    first100MeanMs: meanOf(byIndex.slice(0, FIRST_JOBS).map((row) => row.durationMs))
  }
}
