import { boundedMemo } from './bounded-memo.ts'
import { chooseGpu } from './gpu-index.ts'
import { readGpuName } from './gpu-name.ts'
import type { GpuFacts } from './gpu-table.ts'

export type { GpuFacts } from './gpu-table.ts'

export interface GpuHint {
  /** Memory of one GPU as its driver reports it, GB: picks among variants of a name. What fits none of them is passed over. */
  readonly vramGb?: number
}

export interface ParsedGpuName {
  /** How many GPUs the name speaks of, at least 1: "2x RTX 3090" → 2. */
  readonly count: number
  /** Of one of them; undefined if the name is of no known GPU, or leaves open of which. */
  readonly facts: GpuFacts | undefined
}

/** Peers write what they like: longer names are of nobody. */
const LONGEST_NAME = 200

const memo = boundedMemo<ParsedGpuName>(2_000)

/** The part of a name that may stand for all of it, if the whole is no GPU's. */
function telling(name: string, model: string): string | undefined {
  // Mesa, of a chip that is newer: "AMD Radeon Graphics (RADV GFX1151)".
  if (model === '') return /\bgfx\d{2,4}[a-f]?(?![a-z0-9])/i.exec(name)?.[0]
  // lspci: "NVIDIA Corporation AD102 [GeForce RTX 4090] (rev a1)".
  return /\[([^[\]]+)\][^[\]]*$/.exec(name)?.[1]
}

function read(name: string, vramGb: number | undefined): ParsedGpuName {
  const whole = readGpuName(name)
  const part = telling(name, whole.model)
  const facts = chooseGpu(whole, vramGb) ?? (part === undefined ? undefined : chooseGpu(readGpuName(part), vramGb))
  return { count: Math.max(1, whole.count), facts }
}

/**
 * How many of which GPU a name speaks of. Reads names as people and tools write them: vendors, separators, case, memory, board makers
 * and driver notes do not matter; whatever tells GPUs apart does (Ti, SUPER, D, Laptop, Max-Q, PCIe or SXM, GPU cores).
 * A name with an unknown word in it is of an unknown GPU, since the word may be what matters.
 * @param name such as "NVIDIA GeForce RTX 4060 Ti", "4x A100-SXM4-80GB", "Apple M4 Max 40-core GPU"; up to 200 characters
 */
export function parseGpuName(name: string, { vramGb }: GpuHint = {}): ParsedGpuName {
  if (name.length > LONGEST_NAME) return { count: 1, facts: undefined }
  return memo(`${vramGb ?? ''}|${name}`, () => read(name, vramGb))
}

/** The facts of one GPU of the name; see {@link parseGpuName}. */
export function findGpu(name: string, hint: GpuHint = {}): GpuFacts | undefined {
  return parseGpuName(name, hint).facts
}
