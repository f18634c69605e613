import { checkFinite } from '../core/check.ts'
import type { LinearPrior } from '../math/linear-belief.ts'

/** What is known of a job at a peer before it runs, for a deployment's own head over the network. */
export interface HeadInputs {
  /** The network's hidden units for the machine. */
  readonly hidden: ArrayLike<number>
  /** ln tokens/s of the job by the network: the deciles 1, 5 and 9. */
  readonly speed10: number
  readonly speed50: number
  readonly speed90: number
  /** ln of what the peer claims over what the network expects of a job alone there. Missing where it claims nothing. */
  readonly claimResidual?: number
  /** Load of its processors, 0–1, where the peer tells. */
  readonly cpuRatio?: number
}

/** Beside the intercept and the hidden units, in order. */
const EXTRAS = ['claimResidual', 'claimPresent', 'cpuRatio', 'cpuKnown'] as const

/**
 * What peers claim is 20 % too much before they are known, with a standard deviation of 0.5: beside what the network does not know, a
 * quarter of it counts. By judgement; there are no measured claims.
 */
const CLAIM_BIAS = 0.2
const CLAIM_WEIGHT = 0.25
/** A claim never counts for more than this, however honest the fleet was so far: anybody may join. */
const MOST_CLAIM_WEIGHT = 0.5
/** Of a claim that is further off than this, a factor of four and a half, the rest is not heard. */
const MOST_CLAIM_RESIDUAL = 1.5

/** Variances of coefficients: a fleet is 20 % faster or slower than expected, kinds of machines in it as much against each other. */
const INTERCEPT_VARIANCE = 0.04
const HIDDEN_VARIANCE = 0.04
const EXTRA_MEANS = [CLAIM_WEIGHT, -CLAIM_WEIGHT * CLAIM_BIAS, 0, 0]
const EXTRA_VARIANCES = [0.02, 0.02, 0.1, 0.01]

/** How many figures the head sees. */
export function headWidth(hidden: number): number {
  return 1 + hidden + EXTRAS.length
}

export function headPrior(hidden: number): LinearPrior {
  const none = Array.from({ length: hidden }, () => 0)
  return {
    means: [0, ...none, ...EXTRA_MEANS],
    variances: [INTERCEPT_VARIANCE, ...none.map(() => HIDDEN_VARIANCE / hidden), ...EXTRA_VARIANCES]
  }
}

export function claimRange(hidden: number) {
  return { index: 1 + hidden, min: 0, max: MOST_CLAIM_WEIGHT }
}

/** @param into of {@link headWidth} @throws ERR_INVALID_OPTION for figures that are not finite */
export function encodeHead({ hidden, claimResidual, cpuRatio }: HeadInputs, into: Float64Array): void {
  into[0] = 1
  into.set(hidden, 1)
  const first = 1 + hidden.length
  into[first] =
    claimResidual === undefined ? 0 : bounded('claimResidual', claimResidual, -MOST_CLAIM_RESIDUAL, MOST_CLAIM_RESIDUAL)
  into[first + 1] = claimResidual === undefined ? 0 : 1
  into[first + 2] = cpuRatio === undefined ? 0 : bounded('cpuRatio', cpuRatio, 0, 1)
  into[first + 3] = cpuRatio === undefined ? 0 : 1
}

function bounded(name: string, value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, checkFinite(name, value)))
}
