import { checkFinite, checkPositive, show } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'

/** A distribution as its quantiles, linear between them. */
export interface QuantileTable {
  /** Rising from 0 to 1. */
  readonly probabilities: readonly number[]
  /** Never falling; as many as there are probabilities. */
  readonly values: readonly number[]
}

/** What a generated workload is drawn from. */
export interface WorkloadParameters {
  /** Times between arrivals: gamma with this mean and coefficient of variation (1 is a Poisson process, more is burstier). */
  readonly interArrival: { readonly meanMs: number; readonly variation: number }
  readonly promptTokens: QuantileTable
  readonly outputTokens: QuantileTable
  /** Correlation of the Gaussian copula that joins prompt and output, -1 to 1. */
  readonly correlation: number
}

function checkTable(name: string, { probabilities, values }: QuantileTable, min: number): void {
  const rising = (numbers: readonly number[]) => numbers.every((value, i) => value >= (numbers[i - 1] ?? -Infinity))
  if (!(probabilities.length >= 2 && probabilities[0] === 0 && probabilities.at(-1) === 1 && rising(probabilities))) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${name}.probabilities must rise from 0 to 1, got ${show(probabilities)}`)
  }
  if (!(
    values.length === probabilities.length &&
    Number(values[0]) >= min &&
    Number(values.at(-1)) < Infinity &&
    rising(values)
  )) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${name}.values must be ${probabilities.length} numbers of at least ${min} that do not fall, got ${show(values)}`
    )
  }
}

/** @throws ERR_INVALID_OPTION naming the field */
export function checkWorkloadParameters(parameters: WorkloadParameters): WorkloadParameters {
  checkPositive('interArrival.meanMs', parameters.interArrival.meanMs)
  checkPositive('interArrival.variation', parameters.interArrival.variation)
  checkTable('promptTokens', parameters.promptTokens, 0)
  checkTable('outputTokens', parameters.outputTokens, 1)
  if (!(Math.abs(checkFinite('correlation', parameters.correlation)) <= 1)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `correlation must be between -1 and 1, got ${parameters.correlation}`)
  }
  return parameters
}

/** The value of a table at probability `p`, 0–1. */
export function quantileAt({ probabilities, values }: QuantileTable, p: number): number {
  const upper = Math.max(
    1,
    probabilities.findIndex((probability) => probability >= p)
  )
  const [p0 = 0, p1 = 1] = [probabilities[upper - 1], probabilities[upper]]
  const [v0 = 0, v1 = 0] = [values[upper - 1], values[upper]]
  return p1 > p0 ? v0 + ((v1 - v0) * (p - p0)) / (p1 - p0) : v1
}
