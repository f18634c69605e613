import type { GpuFacts } from '../../catalogue/gpu.ts'
import { machineOf } from '../../throughput/machine.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'

interface Maker {
  readonly name: string
  /** In figures. */
  readonly color: string
}

const MAKERS: Readonly<Record<GpuFacts['vendor'], Maker>> = {
  nvidia: { name: 'NVIDIA', color: 'var(--arm-1)' },
  amd: { name: 'AMD', color: 'var(--arm-3)' },
  apple: { name: 'Apple', color: 'var(--arm-2)' },
  intel: { name: 'Intel', color: 'var(--arm-5)' },
  qualcomm: { name: 'Qualcomm', color: 'var(--arm-4)' }
}
const UNKNOWN: Maker = { name: 'unknown', color: 'var(--arm-rest)' }

/** Who made the GPU of a query. */
export function makerOf(query: ThroughputQuery): Maker {
  const { gpu } = machineOf(query)
  return gpu === undefined ? UNKNOWN : MAKERS[gpu.vendor]
}

/** Maker and architecture of the GPU of a query: "NVIDIA Ampere"; "unknown" where the catalogue has no such GPU. */
export function familyOf(query: ThroughputQuery): string {
  const { gpu } = machineOf(query)
  return gpu === undefined ? UNKNOWN.name : `${makerOf(query).name} ${gpu.architecture}`
}
