import { findGpu } from '../../catalogue/gpu.ts'
import { readGpuName } from '../../catalogue/gpu-name.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'

/** Memory and cores of the GPU: cards of one name that differ in these only are one. */
const VARIANT = /\s*(?:\(\d+-core gpu\)|\b\d+ gb\b)/g

/**
 * The card that a query is about, in one spelling: "rtx3060 12GB" and "NVIDIA GeForce RTX 3060" are both "nvidia geforce rtx 3060", all
 * memory sizes are one, and all M4 Max. Laptop GPUs and other sockets are cards of their own. What the model learned of a card it must
 * not be asked about: evaluations group by this.
 * @returns "unknown" where there is no name
 */
export function cardOf({ gpu = '', vramGb }: Pick<ThroughputQuery, 'gpu' | 'vramGb'>): string {
  const facts = findGpu(gpu, vramGb === undefined ? {} : { vramGb })
  if (facts !== undefined) {
    const name = facts.name.toLowerCase().replace(VARIANT, '')
    // "Apple M4 Max" says whose it is.
    return name.startsWith(facts.vendor) ? name : `${facts.vendor} ${name}`
  }
  const { model, shape } = readGpuName(gpu)
  if (model === '') return 'unknown'
  return shape === 'plain' ? model : `${model} ${shape}`
}
