import { checkInteger } from '../core/check.ts'
import type { Rng } from '../core/rng.ts'
import { meanOf, quantileOfSorted } from '../math/quantile.ts'
import type { Interval } from './comparison-types.ts'

export interface PairedIntervalOptions {
  /** Bootstrap samples, ≥ 100. @default 2000 */
  readonly samples?: number
}

const DEFAULTS = { samples: 2000 }

/** Sums of `blockLength` consecutive values from every start, the end joined to the beginning. */
function blockSums(values: readonly number[], blockLength: number): Float64Array {
  const sums = new Float64Array(values.length)
  for (let start = 0; start < values.length; start++) {
    for (let offset = 0; offset < blockLength; offset++) {
      sums[start] = (sums[start] ?? 0) + (values[(start + offset) % values.length] ?? 0)
    }
  }
  return sums
}

/**
 * Mean of the paired differences with a 95 % interval, by the circular block bootstrap with blocks of about √n jobs.
 *
 * Jobs that arrive one after the other wait in the same queues, so their differences are not independent: drawing single jobs,
 * or a t interval over them, would promise more than the run can know. Blocks keep neighbours together.
 * @param differences one a job, in order of arrival
 * @throws ERR_INVALID_OPTION when there are none
 * @see Politis and Romano 1992, "A Circular Block-Resampling Procedure for Stationary Data"
 */
export function pairedInterval(differences: readonly number[], rng: Rng, options: PairedIntervalOptions = {}): Interval {
  const samples = checkInteger('samples', options.samples ?? DEFAULTS.samples, { min: 100 })
  const estimate = meanOf(differences)
  const blockLength = Math.ceil(Math.sqrt(differences.length))
  const blocks = Math.ceil(differences.length / blockLength)
  const sums = blockSums(differences, blockLength)
  const means = new Float64Array(samples)
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0
    for (let block = 0; block < blocks; block++) sum += sums[Math.floor(rng.next() * sums.length)] ?? 0
    means[sample] = sum / (blocks * blockLength)
  }
  means.sort()
  return { estimate, low: quantileOfSorted(means, 0.025), high: quantileOfSorted(means, 0.975) }
}
