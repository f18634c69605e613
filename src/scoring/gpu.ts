/** The proof of concept's table: exact names, and a GPU that it does not know counts as an RTX 3090. */
const SEED_MULTIPLIERS: Readonly<Record<string, number>> = {
  'RTX 4090': 1.2,
  'RTX 4080': 1.1,
  'RTX 3090': 1,
  'RTX 3080': 0.9
}

export function seedGpuMultiplier(gpuModel: string): number {
  return Object.hasOwn(SEED_MULTIPLIERS, gpuModel) ? SEED_MULTIPLIERS[gpuModel] : 1
}

/**
 * Memory bandwidth in GB/s, from the makers' data sheets: decoding reads every weight once a token, so that bandwidth is what
 * limits it. Longer names first, since the first match counts.
 */
const BANDWIDTH_GB_PER_SECOND: readonly (readonly [name: string, gbPerSecond: number])[] = [
  ['RTX 4080 SUPER', 736],
  ['RTX 4090', 1008],
  ['RTX 4080', 717],
  ['RTX 3090', 936],
  ['RTX 3080', 760],
  ['RTX 3070', 448],
  ['GTX 1080 TI', 484],
  ['GTX 1080', 320],
  ['H100', 3350],
  ['A100', 2039]
]
const REFERENCE_GB_PER_SECOND = 936

/**
 * Expected decode speed of a GPU beside an RTX 3090's. A name that is not listed gives 1: neither help nor harm.
 * @param gpuModel as a peer writes it, e.g. "NVIDIA GeForce RTX 4090"
 */
export function gpuSpeed(gpuModel: string): number {
  const wanted = gpuModel.toUpperCase()
  const known = BANDWIDTH_GB_PER_SECOND.find(([name]) => wanted.includes(name))
  return known === undefined ? 1 : known[1] / REFERENCE_GB_PER_SECOND
}
