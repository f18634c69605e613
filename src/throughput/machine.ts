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
  readonly llamafile: boolean
  /** Whether the operating system is said, and no engine but llamafile: as in the measurements that calibrate the shipped model. */
  readonly familiar: boolean
}

function isFamiliar({ windows, server, llamafile }: ThroughputQuery): boolean {
  return windows !== undefined && server !== true && llamafile !== false
}

/** Nobody runs Windows on a GPU of Apple's. */
function runsWindows(gpu: GpuFacts | undefined, said: boolean | undefined): boolean | undefined {
  return gpu?.vendor === 'apple' ? false : said
}

export function machineOf(query: ThroughputQuery): Machine {
  const { gpu: name = '', vramGb, gpuCount, windows, server, llamafile } = query
  const { facts, count } = parseGpuName(name, vramGb === undefined ? {} : { vramGb })
  return {
    gpu: facts,
    gpuCount: gpuCount ?? count,
    vramGb: vramGb ?? facts?.vramGb ?? undefined,
    windows: runsWindows(facts, windows),
    server: server === true,
    llamafile: llamafile === true,
    familiar: isFamiliar(query)
  }
}
