import type { GpuEffect, IntervalOffsets } from './model-document.ts'
import { bytesAsRead, machineLogs, OVERFLOW_SCALE, roomBytes, USUAL } from './features.ts'
import type { Load } from './load.ts'
import type { Machine } from './machine.ts'
import { CONSTANTS, softplus } from './physics.ts'

/**
 * The physics of physics.ts for one machine, with what does not depend on the job computed before: a prediction is then some products.
 * Seconds are those of a usual job (USUAL); quantiles are ratios to the median.
 */
export interface MachineFactors {
  readonly memory: number
  readonly compute: number
  readonly keyValues: number
  readonly fixed: number
  readonly prefill: number
  readonly firstToken: number
  /** Bytes above which a model spills, and the power of the rest that it costs. */
  readonly room: number
  readonly spilling: number
  readonly speedBelow: number
  readonly speedAbove: number
  readonly firstTokenBelow: number
  readonly firstTokenAbove: number
}

/** What of a prediction depends on the job alone: its size over a usual one. */
export interface JobFactors {
  readonly bytes: number
  /** Weights: all, and those that a token reads. */
  readonly weights: number
  readonly activeWeights: number
  readonly params: number
  /** Of a job alone. */
  readonly keyValues: number
  readonly prompt: number
}

/** Of an interval that calibration narrows to nothing, the median is left. */
function width(correction: number, offset: number): number {
  return Math.max(0, softplus(correction + CONSTANTS.width) + offset)
}

/** Of a GPU that nobody measured. */
const NO_EFFECT: GpuEffect = { speed: 0, firstToken: 0 }

/** @param corrections one row of CORRECTIONS */
export function machineFactors(
  machine: Machine,
  corrections: Float32Array,
  { speed, firstToken }: IntervalOffsets,
  effect = NO_EFFECT
): MachineFactors {
  const { bandwidth, gpuCount, tflops } = machineLogs(machine)
  const [memory, compute, fixed, spilling, sharing, below, above, prefill, first, firstBelow, firstAbove, keyValues] = corrections
  const shared = gpuCount / (1 + Math.exp(-(sharing + CONSTANTS.sharing)))
  return {
    memory: Math.exp(CONSTANTS.memory + memory - bandwidth - shared - effect.speed),
    compute: Math.exp(CONSTANTS.compute + compute - tflops - shared - effect.speed),
    keyValues: Math.exp(CONSTANTS.keyValues + keyValues - bandwidth - shared - effect.speed),
    fixed: Math.exp(CONSTANTS.fixed + fixed - effect.speed),
    prefill: Math.exp(CONSTANTS.prefill + prefill - tflops - shared - effect.firstToken),
    firstToken: Math.exp(CONSTANTS.firstToken + first - effect.firstToken),
    room: roomBytes(machine),
    spilling: OVERFLOW_SCALE * softplus(spilling),
    speedBelow: Math.exp(-width(below, speed)),
    speedAbove: Math.exp(width(above, speed)),
    firstTokenBelow: Math.exp(-width(firstBelow, firstToken)),
    firstTokenAbove: Math.exp(width(firstAbove, firstToken))
  }
}

export function jobFactors(load: Omit<Load, 'concurrency'>): JobFactors {
  const params = load.activeParams / USUAL.params
  const context = load.contextTokens / USUAL.tokens
  return {
    bytes: load.bytes,
    weights: load.bytes / USUAL.bytes,
    activeWeights: bytesAsRead(load) / USUAL.bytes,
    params,
    keyValues: params ** CONSTANTS.keyValueGrowth * context * load.keyValueFactor,
    prompt: (params * load.promptTokens) / USUAL.tokens
  }
}

/** What spilling costs: a factor of at least 1. */
function spillOf({ room, spilling }: MachineFactors, { bytes }: JobFactors): number {
  return bytes > room ? (bytes / room) ** spilling : 1
}

/** Weights that a token of each of several jobs reads together. */
function touchedBy(concurrency: number, { weights, activeWeights }: JobFactors): number {
  if (concurrency === 1 || activeWeights >= weights) return activeWeights
  return Math.min(weights, activeWeights * concurrency ** CONSTANTS.expertsTouched)
}

/** ms to the first token, and s between tokens, of jobs that never end: a finite number that nothing is near. */
const ENDLESS = 1e15

/**
 * Fills a row: tokens/s for one request, deciles 1, 5 and 9, and the same of ms to the first token, without the round trip.
 * @param concurrency requests side by side, ≥ 1
 */
export function forecastInto(
  machine: MachineFactors,
  job: JobFactors,
  concurrency: number,
  { into, offset }: { readonly into: Float64Array; readonly offset: number }
): void {
  const spill = spillOf(machine, job)
  const seconds =
    machine.memory * touchedBy(concurrency, job) * spill +
    (machine.compute * job.params + machine.keyValues * job.keyValues) * concurrency +
    machine.fixed
  const firstMs = Math.min(ENDLESS, 1000 * (machine.prefill * job.prompt * concurrency * spill + machine.firstToken))
  const speed = 1 / Math.min(ENDLESS, seconds)
  into[offset] = speed * machine.speedBelow
  into[offset + 1] = speed
  into[offset + 2] = speed * machine.speedAbove
  into[offset + 3] = firstMs * machine.firstTokenBelow
  into[offset + 4] = firstMs
  into[offset + 5] = firstMs * machine.firstTokenAbove
}
