import type { Load } from './load.ts'
import type { Machine } from './machine.ts'

/** Share of the memory bandwidth that decoding reaches: the median over LocalScore's 8-billion models at four bits. */
const USUAL_EFFICIENCY = 0.55

/**
 * The simple bound that every model is held against: each token reads all active weights once.
 * @returns tokens/s; undefined where the GPU is not known
 */
export function rooflineTokensPerSecond(
  { gpu, gpuCount }: Machine,
  load: Load,
  efficiency = USUAL_EFFICIENCY
): number | undefined {
  return gpu === undefined ? undefined : (efficiency * gpu.memBandwidthGbs * 1e9 * gpuCount) / load.activeBytes
}
