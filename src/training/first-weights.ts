import type { Rng } from '../core/rng.ts'
import { normal } from '../math/draw.ts'
import { MACHINE_WIDTH } from '../throughput/features.ts'
import type { NetworkWeights } from '../throughput/network.ts'
import { CORRECTION_COUNT } from '../throughput/physics.ts'

/** Standard deviations. Units differ in where they bend; the corrections start near none. */
const BIAS_SPREAD = 0.5
const OUTPUT_SPREAD = 0.1

function spread(length: number, deviation: number, rng: Rng): Float32Array {
  return Float32Array.from({ length }, () => deviation * normal(rng))
}

/** Where training begins. @param hidden units, ≥ 1 */
export function firstWeights(hidden: number, rng: Rng): NetworkWeights {
  return {
    hidden,
    w1: spread(MACHINE_WIDTH * hidden, 1 / Math.sqrt(MACHINE_WIDTH), rng),
    b1: spread(hidden, BIAS_SPREAD, rng),
    w2: spread(hidden * CORRECTION_COUNT, OUTPUT_SPREAD, rng),
    b2: new Float32Array(CORRECTION_COUNT)
  }
}
