import { meanOf, quantileOfSorted, sortedCopy } from '../../math/quantile.ts'
import { rankCorrelation, standardDeviation } from '../../math/rank-correlation.ts'
import type { TraceJob } from './trace.ts'
import type { QuantileTable, WorkloadParameters } from './workload-parameters.ts'

/** Dense at both ends, where lengths change fastest; 0 and 1 keep the extremes. */
const TABLE_PROBABILITIES = [
  0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93,
  0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 1
]

/** Not the points of the tables, where the fit is exact by construction. */
const CHECKED_PROBABILITIES = [0.03, 0.125, 0.275, 0.525, 0.775, 0.875, 0.96, 0.985]

function tableOf(values: readonly number[]): QuantileTable {
  const ascending = sortedCopy(values)
  return {
    probabilities: TABLE_PROBABILITIES,
    values: TABLE_PROBABILITIES.map((p) => Math.round(10 * quantileOfSorted(ascending, p)) / 10)
  }
}

function columnsOf(jobs: readonly TraceJob[]) {
  return {
    interArrivalMs: jobs.slice(1).map((job, i) => job.arrivalMs - Number(jobs[i]?.arrivalMs)),
    promptTokens: jobs.map((job) => job.promptTokens),
    outputTokens: jobs.map((job) => job.outputTokens)
  }
}

/**
 * Fits the generator to recorded jobs, at least two with different arrivals: moments of the times between arrivals, quantile
 * tables of the lengths, and the copula's correlation from the rank correlation ρ as 2 sin(πρ/6) (Kruskal 1958). A change of
 * the rate in the course of the record is not fitted.
 */
export function fitWorkload(jobs: readonly TraceJob[]): WorkloadParameters {
  const { interArrivalMs, outputTokens, promptTokens } = columnsOf(jobs)
  const meanMs = meanOf(interArrivalMs)
  return {
    interArrival: { meanMs, variation: standardDeviation(interArrivalMs) / meanMs },
    promptTokens: tableOf(promptTokens),
    outputTokens: tableOf(outputTokens),
    correlation: 2 * Math.sin((Math.PI * rankCorrelation(promptTokens, outputTokens)) / 6)
  }
}

/** A figure of the record beside the same figure of the generated workload. */
export interface FitFigure {
  readonly column: 'interArrivalMs' | 'promptTokens' | 'outputTokens'
  readonly figure: string
  readonly recorded: number
  readonly generated: number
}

/** Mean and quantiles of each column, recorded beside generated. */
export function compareWorkloads(recorded: readonly TraceJob[], generated: readonly TraceJob[]): FitFigure[] {
  const [real, drawn] = [columnsOf(recorded), columnsOf(generated)]
  return (['interArrivalMs', 'promptTokens', 'outputTokens'] as const).flatMap((column) => {
    const [a, b] = [sortedCopy(real[column]), sortedCopy(drawn[column])]
    return [
      { column, figure: 'mean', recorded: meanOf(a), generated: meanOf(b) },
      ...CHECKED_PROBABILITIES.map((p) => ({
        column,
        figure: `quantile ${p}`,
        recorded: quantileOfSorted(a, p),
        generated: quantileOfSorted(b, p)
      }))
    ]
  })
}
