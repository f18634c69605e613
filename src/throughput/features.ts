import type { GpuFacts } from '../catalogue/gpu.ts'
import type { Load } from './load.ts'
import type { Machine } from './machine.ts'

/**
 * What the network sees: the machine alone. Bandwidth, sizes and load are for the physics (physics.ts), so that no weight can make a
 * peer slower for more bandwidth or faster for more load. A figure that is missing is 0, and its flag is 1.
 */
export const MACHINE_FEATURES = [
  'apple',
  'amd',
  'intel',
  'laptop',
  'unified',
  'tensorCores',
  'windows',
  'windowsUnknown',
  'server',
  'llamafile',
  'year',
  'yearUnknown',
  'logTflops',
  'tflopsUnknown',
  'logVram',
  'vramUnknown',
  'bandwidthUnknown',
  'logGpuCount',
  'sizeAssumed',
  'bitsAssumed'
] as const

/** What the physics sees, in natural logarithms around a usual job; `overflow` is what does not fit into the GPUs' memory. */
export const PHYSICS_FEATURES = [
  'logBandwidth',
  'logActiveBytes',
  'logBytes',
  'logActiveParams',
  'logConcurrency',
  'logGpuCount',
  'overflow',
  'logTflops',
  'logPrompt',
  'logContext',
  'logKeyValue'
] as const

export type MachineFeature = (typeof MACHINE_FEATURES)[number]
export type PhysicsFeature = (typeof PHYSICS_FEATURES)[number]

export const MACHINE_WIDTH = MACHINE_FEATURES.length
export const PHYSICS_WIDTH = PHYSICS_FEATURES.length

/** Numbers of either precision: single for networks, double where rounding is checked. */
export type Columns = Float32Array | Float64Array

/** Where the logarithms are 0. */
export const USUAL = { bandwidthGbs: 500, bytes: 4e9, params: 7e9, tflops: 20, vramGb: 16, year: 2020, tokens: 1_330 }
/** Of a GPU of which no bandwidth is known. */
const ASSUMED_BANDWIDTH_GBS = 400
/** A machine is three years newer, or older, by one. */
const YEARS = 3
const MOST_YEARS = 2
/** GB of a GPU's memory that its driver and the context take. */
const RESERVED_GB = 0.5
const WORKSPACE = 1.1
/** Weights spill a little before they fill the memory. */
const SPILLS_FROM = 0.1
/** The network says how much spilling costs; this is where it starts from. */
export const OVERFLOW_SCALE = 2

const WITH_TENSOR_CORES = new Set(['Volta', 'Turing', 'Ampere', 'Ada Lovelace', 'Hopper', 'Blackwell', 'Blackwell Ultra'])

function hasTensorCores({ vendor, architecture, name }: GpuFacts): boolean {
  return vendor === 'nvidia' && WITH_TENSOR_CORES.has(architecture) && !/\b(?:GTX|MX|T[1-9]\d{2,3})\b/.test(name)
}

function logOver(value: number | null | undefined, usual: number): number | undefined {
  return value === null || value === undefined ? undefined : Math.log(value / usual)
}

function flag(value: boolean | undefined): number {
  return value === true ? 1 : 0
}

function kindOf(gpu: GpuFacts | undefined): number[] {
  if (gpu === undefined) return [0, 0, 0, 0, 0, 0]
  const { vendor, architecture, kind } = gpu
  return [
    flag(vendor === 'apple'),
    flag(vendor === 'amd'),
    // Gaudi is no GPU of Intel's.
    flag(vendor === 'intel' && architecture !== 'Gaudi'),
    flag(kind === 'laptop'),
    flag(kind === 'unified' || kind === 'integrated'),
    flag(hasTensorCores(gpu))
  ]
}

/** A figure, and whether it is missing. */
function orUnknown(value: number | undefined): [number, number] {
  return value === undefined ? [0, 1] : [value, 0]
}

function yearsOf(gpu: GpuFacts | undefined): number | undefined {
  return gpu === undefined ? undefined : Math.max(-MOST_YEARS, Math.min(MOST_YEARS, (gpu.released - USUAL.year) / YEARS))
}

/** What computes: server engines use the tensor cores, llama.cpp mostly the shaders. */
function peakTflops({ gpu, server }: Machine): number | null | undefined {
  return server ? (gpu?.tensorTflops ?? gpu?.fp32Tflops) : gpu?.fp32Tflops
}

/** Fills a row of {@link MACHINE_FEATURES}. @param offset of the row's first column */
export function encodeMachine(
  machine: Machine,
  load: Pick<Load, 'sizeAssumed' | 'bitsAssumed'>,
  into: Columns,
  offset = 0
): void {
  const { gpu, gpuCount, vramGb, windows, server, llamafile } = machine
  const row = [
    ...kindOf(gpu),
    ...orUnknown(windows === undefined ? undefined : flag(windows)),
    flag(server),
    flag(llamafile),
    ...orUnknown(yearsOf(gpu)),
    ...orUnknown(logOver(peakTflops(machine), USUAL.tflops)),
    ...orUnknown(logOver(vramGb, USUAL.vramGb)),
    flag(gpu === undefined),
    Math.log(gpuCount),
    flag(load.sizeAssumed),
    flag(load.bitsAssumed)
  ]
  into.set(row, offset)
}

/** Bytes of a model's weights above which they spill out of the machine's GPUs; Infinity where their memory is not known. */
export function roomBytes({ gpuCount, vramGb }: Machine): number {
  if (vramGb === undefined) return Infinity
  return (Math.max(RESERVED_GB, gpuCount * vramGb - RESERVED_GB) * 1e9) / WORKSPACE / Math.exp(SPILLS_FROM)
}

/** Logarithms of what the machine brings into the physics. */
export function machineLogs(machine: Machine) {
  const { gpu, gpuCount, server } = machine
  return {
    bandwidth: Math.log((gpu?.memBandwidthGbs ?? ASSUMED_BANDWIDTH_GBS) / USUAL.bandwidthGbs),
    // llama.cpp lays a model's layers over GPUs that then wait for each other: they add memory and no speed.
    gpuCount: server ? Math.log(gpuCount) : 0,
    tflops: logOver(peakTflops(machine), USUAL.tflops) ?? 0
  }
}

/**
 * Experts are small and scattered over the memory: reading them takes longer than their bytes say, by this power of how many times larger
 * the whole model is. By mixtures and dense models on one Strix Halo.
 */
const SCATTERED = 0.17

/** Bytes that take as long to read in one piece as the active weights do. */
export function bytesAsRead({ bytes, activeBytes }: Pick<Load, 'bytes' | 'activeBytes'>): number {
  // Exactly, where nothing is scattered: what follows asks whether the two are equal.
  return activeBytes >= bytes ? bytes : activeBytes ** (1 - SCATTERED) * bytes ** SCATTERED
}

/** Fills a row of {@link PHYSICS_FEATURES}. */
export function encodePhysics(machine: Machine, load: Load, into: Columns, offset = 0): void {
  const { bandwidth, gpuCount, tflops } = machineLogs(machine)
  into.set(
    [
      bandwidth,
      Math.log(bytesAsRead(load) / USUAL.bytes),
      Math.log(load.bytes / USUAL.bytes),
      Math.log(load.activeParams / USUAL.params),
      Math.log(load.concurrency),
      gpuCount,
      OVERFLOW_SCALE * Math.max(0, Math.log(load.bytes / roomBytes(machine))),
      tflops,
      Math.log((load.promptTokens * load.concurrency) / USUAL.tokens),
      Math.log(load.contextTokens / USUAL.tokens),
      Math.log(load.keyValueFactor)
    ],
    offset
  )
}
