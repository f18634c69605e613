import { type GpuFacts, parseGpuName } from '../catalogue/gpu.ts'
import type { ThroughputQuery } from './query.ts'

/** What a query says of the machine; what it does not say is undefined. */
export interface Machine {
  /** What the catalogue has of its GPU. */
  readonly gpu: GpuFacts | undefined
  readonly gpuCount: number
  /** Memory of one GPU, GB. */
  readonly vramGb: number | undefined
  readonly windows: boolean | undefined
  readonly server: boolean
}

export function machineOf(query: ThroughputQuery): Machine {
  const { gpu: name, vramGb, gpuCount, windows, server = false } = query
  const { facts, count } = parseGpuName(name ?? '', vramGb === undefined ? {} : { vramGb })
  return { gpu: facts, gpuCount: gpuCount ?? count, vramGb: vramGb ?? facts?.vramGb ?? undefined, windows, server }
}
