import { meanOf, quantileOfSorted, sortedCopy } from '../math/quantile.ts'
import { studentTCdf, studentTReach } from '../math/student-t.ts'
import type { SimulatedRun } from './run-scenario.ts'

/** The figures of one run. Failed jobs count with their deadline. */
interface RunFigures {
  readonly meanMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** 0–1 */
  readonly successRatio: number
  /** Per job. */
  readonly attempts: number
  /** See {@link SimulatedRun}. */
  readonly loadGini: number
  readonly decisionMicros: number
}

/** The figures of a run, and its latencies over those of the omniscient bound with the same seed. */
export interface PairedFigures extends RunFigures {
  readonly ratioMean: number
  readonly ratioP99: number
}

function runFigures({ jobs, loadGini, decisionMicros }: SimulatedRun): RunFigures {
  const durations = sortedCopy(jobs.map((job) => job.durationMs))
  return {
    meanMs: meanOf(durations),
    p50Ms: quantileOfSorted(durations, 0.5),
    p95Ms: quantileOfSorted(durations, 0.95),
    p99Ms: quantileOfSorted(durations, 0.99),
    successRatio: meanOf(jobs.map(({ ok }) => Number(ok))),
    attempts: meanOf(jobs.map(({ attempts }) => attempts)),
    loadGini,
    decisionMicros
  }
}

export function pairedFigures(run: SimulatedRun, reference: SimulatedRun): PairedFigures {
  const own = runFigures(run)
  const best = runFigures(reference)
  return { ...own, ratioMean: own.meanMs / best.meanMs, ratioP99: own.p99Ms / best.p99Ms }
}

/** A mean over seeds with its 95 % interval; a single seed has none. */
export interface Estimate {
  readonly mean: number
  readonly low: number | null
  readonly high: number | null
}

const TAIL = 0.025
const BISECTIONS = 60

/** The point that Student's t with `df` degrees of freedom exceeds with probability 2.5 %. */
export function upperQuantile(df: number): number {
  let low = 0
  let high = studentTReach(TAIL, df)
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    // The lower tail is exact where the upper one is a difference from 1.
    if (studentTCdf(-middle, df) > TAIL) low = middle
    else high = middle
  }
  return high
}

/** Mean of independent values with Student's 95 % interval. @throws ERR_INVALID_OPTION for no values */
export function estimateOf(values: readonly number[]): Estimate {
  const mean = meanOf(values)
  const df = values.length - 1
  if (df === 0) return { mean, low: null, high: null }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / df
  const half = upperQuantile(df) * Math.sqrt(variance / values.length)
  return { mean, low: mean - half, high: mean + half }
}
