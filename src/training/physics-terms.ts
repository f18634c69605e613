import { PHYSICS_WIDTH } from '../throughput/features.ts'
import { CONSTANTS } from '../throughput/physics.ts'

/**
 * What physicsHead adds up before the corrections: memory, compute, keys and values, prefill, number of GPUs, overflow. No weight
 * changes it, so TensorFlow.js need not see how it comes about.
 */
export const TERM_COUNT = 6

/**
 * Fills the terms of rows of PHYSICS_FEATURES, a column a term: all of the first, then all of the second, and so on.
 * @param into {@link TERM_COUNT} × count
 */
export function physicsTerms(physics: Float32Array, count: number, into: Float32Array): void {
  for (let i = 0; i < count; i++) {
    const x = physics.subarray(i * PHYSICS_WIDTH, (i + 1) * PHYSICS_WIDTH)
    const [bandwidth, activeBytes, bytes, params, concurrency, gpuCount, overflow, tflops, prompt, context, keyValue] = x
    const touched = Math.min(bytes, activeBytes + CONSTANTS.expertsTouched * concurrency)
    into[i] = touched - bandwidth + CONSTANTS.memory
    into[count + i] = params - tflops + CONSTANTS.compute + concurrency
    into[2 * count + i] = CONSTANTS.keyValueGrowth * params + concurrency + context + keyValue - bandwidth + CONSTANTS.keyValues
    into[3 * count + i] = params + prompt - tflops + CONSTANTS.prefill
    into[4 * count + i] = gpuCount
    into[5 * count + i] = overflow
  }
}
