import { MACHINE_WIDTH } from './features.ts'
import { CORRECTION_COUNT } from './physics.ts'

/** Two dense layers: machine → hidden → corrections. Matrices by rows of their inputs. */
export interface NetworkWeights {
  /** Hidden units, ≥ 1. */
  readonly hidden: number
  /** {@link MACHINE_WIDTH} × hidden. */
  readonly w1: Float32Array
  readonly b1: Float32Array
  /** hidden × {@link CORRECTION_COUNT}. */
  readonly w2: Float32Array
  readonly b2: Float32Array
}

/** No correction is more than this, in logarithms: a factor of twelve. What was never seen stays near the physics. */
export const MOST_CORRECTION = 2.5

/** What the network makes of machines, a row each. */
export interface NetworkOutputs {
  /** count × hidden: what an online head learns from. */
  readonly hidden: Float32Array
  /** count × {@link CORRECTION_COUNT}. */
  readonly corrections: Float32Array
}

export function networkOutputs(count: number, hidden: number): NetworkOutputs {
  return { hidden: new Float32Array(count * hidden), corrections: new Float32Array(count * CORRECTION_COUNT) }
}

/**
 * corrections = K·tanh((W2·tanh(W1·x + b1) + b2) / K), with K = {@link MOST_CORRECTION}.
 * @param machines rows of MACHINE_FEATURES
 */
export function runNetwork(weights: NetworkWeights, machines: Float32Array, count: number, into: NetworkOutputs): void {
  const { hidden, w1, b1, w2, b2 } = weights
  for (let i = 0; i < count; i++) {
    const units = into.hidden.subarray(i * hidden, (i + 1) * hidden)
    dense({ x: machines.subarray(i * MACHINE_WIDTH, (i + 1) * MACHINE_WIDTH), w: w1, b: b1 }, units)
    for (let j = 0; j < hidden; j++) units[j] = Math.tanh(units[j])
    const corrections = into.corrections.subarray(i * CORRECTION_COUNT, (i + 1) * CORRECTION_COUNT)
    dense({ x: units, w: w2, b: b2 }, corrections)
    for (let k = 0; k < CORRECTION_COUNT; k++) corrections[k] = MOST_CORRECTION * Math.tanh(corrections[k] / MOST_CORRECTION)
  }
}

/** into = x·w + b. Inputs that are 0 cost nothing: most flags are. */
function dense(
  { x, w, b }: { readonly x: Float32Array; readonly w: Float32Array; readonly b: Float32Array },
  into: Float32Array
): void {
  const width = into.length
  into.set(b)
  for (let i = 0; i < x.length; i++) {
    const value = x[i]
    if (value === 0) continue
    const row = i * width
    for (let j = 0; j < width; j++) into[j] += value * w[row + j]
  }
}
