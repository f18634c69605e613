import { type Columns, PHYSICS_WIDTH } from './features.ts'

/**
 * What the network says of a machine: by how much each part of the physics is off, in logarithms, and how wide the quantiles are.
 * In order.
 */
export const CORRECTIONS = [
  'memory',
  'compute',
  'fixed',
  'spilling',
  'sharing',
  'speedBelow',
  'speedAbove',
  'prefill',
  'firstToken',
  'firstTokenBelow',
  'firstTokenAbove',
  'keyValues'
] as const
export const CORRECTION_COUNT = CORRECTIONS.length

/** Columns of a prediction: natural logarithms of tokens/s for one request, and of seconds to the first token; deciles 1, 5 and 9. */
export const QUANTILES = ['speed10', 'speed50', 'speed90', 'firstToken10', 'firstToken50', 'firstToken90'] as const
export const QUANTILE_COUNT = QUANTILES.length

/** The probabilities that they stand for. */
export const LEVELS = [0.1, 0.5, 0.9] as const

/**
 * Where the corrections are 0, the logarithm of the seconds of each part for a usual job on a usual machine: 4 GB read at 500 GB/s
 * with 60 % of the bandwidth, 14 GFLOP at 20 TFLOPS with a quarter of them, keys and values of 1,330 tokens, 2 ms between tokens; and
 * of the first token: 1,330 tokens of a 7-billion model, and 18 ms.
 */
export const CONSTANTS = {
  memory: -4.33,
  compute: -6,
  keyValues: -6.9,
  fixed: -6.2,
  prefill: 0.2,
  firstToken: -4,
  /** Of the experts of a mixture, a batch of n jobs touches n to this power times those of one. */
  expertsTouched: 0.6,
  /** A token's keys and values grow with the parameters to this power. */
  keyValueGrowth: 0.6,
  /** Corrections before the sigmoid and the softplus that make them shares and widths. */
  sharing: 1,
  width: -1
} as const

/** ln(1 + eˣ): any number as one above 0. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
}

/** What a batch of predictions is made from, a row a query. */
export interface PhysicsInputs {
  /** Rows of {@link CORRECTIONS}. */
  readonly corrections: Columns
  /** Rows of PHYSICS_FEATURES. */
  readonly physics: Columns
  readonly count: number
}

/**
 * Time per token as the sum of what takes it: reading the weights, computing, reading keys and values, and what is the same for all.
 * Monotone by construction in bandwidth, sizes and load, for every weight of the network: corrections do not see them.
 * @param into rows of {@link QUANTILES}
 */
export function physicsHead({ corrections, physics, count }: PhysicsInputs, into: Columns): void {
  for (let i = 0; i < count; i++) headOf(corrections, i * CORRECTION_COUNT, physics, i * PHYSICS_WIDTH, into, i * QUANTILE_COUNT)
}

// Six numbers and no objects: this runs for every candidate of a decision.
// eslint-disable-next-line max-params
function headOf(c: Columns, o: number, x: Columns, p: number, into: Columns, at: number): void {
  const [bandwidth, activeBytes, bytes, params] = [x[p], x[p + 1], x[p + 2], x[p + 3]]
  const [concurrency, overflow, tflops] = [x[p + 4], x[p + 6], x[p + 7]]
  const shared = x[p + 5] / (1 + Math.exp(-(c[o + 4] + CONSTANTS.sharing)))
  const spilled = overflow * softplus(c[o + 3])
  const touched = Math.min(bytes, activeBytes + CONSTANTS.expertsTouched * concurrency)
  const seconds =
    Math.exp(touched - bandwidth + CONSTANTS.memory + c[o] - shared + spilled) +
    Math.exp(params - tflops + CONSTANTS.compute + c[o + 1] - shared + concurrency) +
    Math.exp(
      CONSTANTS.keyValueGrowth * params +
        concurrency +
        x[p + 9] +
        x[p + 10] -
        bandwidth -
        shared +
        CONSTANTS.keyValues +
        c[o + 11]
    ) +
    Math.exp(CONSTANTS.fixed + c[o + 2])
  const speed = -Math.log(seconds)
  into[at] = speed - softplus(c[o + 5] + CONSTANTS.width)
  into[at + 1] = speed
  into[at + 2] = speed + softplus(c[o + 6] + CONSTANTS.width)
  const firstToken = Math.log(
    Math.exp(params + x[p + 8] - tflops - shared + CONSTANTS.prefill + c[o + 7] + spilled) +
      Math.exp(CONSTANTS.firstToken + c[o + 8])
  )
  into[at + 3] = firstToken - softplus(c[o + 9] + CONSTANTS.width)
  into[at + 4] = firstToken
  into[at + 5] = firstToken + softplus(c[o + 10] + CONSTANTS.width)
}
