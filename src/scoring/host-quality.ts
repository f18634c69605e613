import { checkNonNegative, checkPositive } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/** What a host's system said at a moment. What it does not say is undefined. */
export interface HostSample {
  /** By a monotonic clock, ms. */
  readonly atMs: number
  /** Runnable threads, averaged over the last minute, ≥ 0; Windows has no such figure. */
  readonly loadAverage: number | undefined
  /** Share of the time of all cores that was busy since the sample before, 0–1. */
  readonly busyRatio: number | undefined
  /** Logical processors, ≥ 1. */
  readonly cores: number
  /** Received and sent, over all interfaces, since an arbitrary start, bytes ≥ 0. */
  readonly networkBytes: number | undefined
  /** Read and written, over all disks, since an arbitrary start, bytes ≥ 0. */
  readonly diskBytes: number | undefined
}

/** What one unit of each attribute costs: the expense in Q(x) = Σ attribute × weight. */
export interface QualityWeights {
  readonly network: number
  readonly cpu: number
  readonly disk: number
}

/** Those of Pyrsia: per byte, per unit of load average, per byte. */
export const SEED_WEIGHTS: QualityWeights = { network: 0.001, cpu: 2, disk: 0.001 }

/** Below this a peer is idle, and as good as any other that is. */
export const IDLE_BELOW = 0.5

/**
 * Q(x) as Pyrsia computes it, faults included: bytes on the network since the last look, however long ago that was; the load average, not
 * divided by cores; and all bytes that the disks ever moved. What the system does not say counts as 0, which makes it look idle.
 * @param samples in the order of their time; only the last two count. At least one
 * @returns the lower the better; NaN where a sample is
 * @see pyrsia/pyrsia, src/peer_metrics/metrics.rs at 43db0e5
 */
export function seedQuality(samples: readonly HostSample[], weights: QualityWeights = SEED_WEIGHTS): number {
  const last = samples.at(-1)
  if (last === undefined) throw new PeerbanditError('ERR_INVALID_OPTION', 'samples must hold at least one, got none')
  const before = samples.at(-2)
  const networkBytes = before === undefined ? 0 : (last.networkBytes ?? 0) - (before.networkBytes ?? 0)
  return weights.cpu * (last.loadAverage ?? 0) + weights.network * networkBytes + weights.disk * (last.diskBytes ?? 0)
}

/** What a host could do, so that its load becomes a share of it. */
export interface HostCapacity {
  /** Both directions of its link together, bytes/s > 0. @default 250e6, a gigabit each way */
  readonly networkBytesPerSecond?: number
  /** Reading and writing together, bytes/s > 0. @default 500e6, a SATA solid-state disk */
  readonly diskBytesPerSecond?: number
}

export interface QualityOptions {
  /** What a fully used network, processor and disk cost, ≥ 0 each and not all 0. @default a third each: all of it is 1 */
  readonly weights?: QualityWeights
  readonly capacity?: HostCapacity
  /** Over how long before the last sample rates are taken, ms > 0. @default 10000 */
  readonly windowMs?: number
}

const THIRD = 1 / 3
const DEFAULTS = {
  weights: { network: THIRD, cpu: THIRD, disk: THIRD },
  capacity: { networkBytesPerSecond: 250e6, diskBytesPerSecond: 500e6 },
  windowMs: 10_000
} as const satisfies QualityOptions

/** Where a count started anew, or a figure is no figure, nothing is known of the time between. */
function counted(from: number | undefined, to: number | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined
  const bytes = to - from
  return from >= 0 && bytes >= 0 && bytes < Infinity ? bytes : undefined
}

/** Bytes a second over the pairs of neighbouring samples that say something. */
function rate(samples: readonly HostSample[], of: (sample: HostSample) => number | undefined): number | undefined {
  let bytes = 0
  let ms = 0
  for (let i = 1; i < samples.length; i++) {
    const passedMs = samples[i].atMs - samples[i - 1].atMs
    const moved = counted(of(samples[i - 1]), of(samples[i]))
    if (moved === undefined || !(passedMs > 0)) continue
    bytes += moved
    ms += passedMs
  }
  return ms > 0 ? (bytes * 1000) / ms : undefined
}

/** Load of one core: by the load average, which also counts who waits, or else by the time that was busy. */
function coreLoad({ loadAverage, busyRatio, cores }: HostSample): number | undefined {
  const perCore = loadAverage === undefined ? busyRatio : loadAverage / cores
  return perCore !== undefined && perCore >= 0 && perCore < Infinity ? perCore : undefined
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value / known.length, 0)
}

/**
 * Largest share of its capacity that an attribute is taken for: none is busier than that, and sums stay finite whatever is measured.
 */
const MOST_LOAD = 1000

/** Shares of capacity by attribute, 0–1000 each; undefined where nothing is known. */
export interface HostLoads {
  readonly network: number | undefined
  readonly cpu: number | undefined
  readonly disk: number | undefined
}

/** The attributes of the corrected form. @param samples in the order of their time */
export function hostLoads(samples: readonly HostSample[], options: Omit<QualityOptions, 'weights'> = {}): HostLoads {
  const windowMs = checkPositive('windowMs', options.windowMs ?? DEFAULTS.windowMs)
  const { networkBytesPerSecond, diskBytesPerSecond } = { ...DEFAULTS.capacity, ...options.capacity }
  checkPositive('networkBytesPerSecond', networkBytesPerSecond)
  checkPositive('diskBytesPerSecond', diskBytesPerSecond)
  const lastMs = samples.at(-1)?.atMs ?? 0
  const recent = samples.filter(({ atMs }) => atMs >= lastMs - windowMs && atMs <= lastMs)
  const share = (bytesPerSecond: number | undefined, capacity: number) =>
    bytesPerSecond === undefined ? undefined : Math.min(MOST_LOAD, bytesPerSecond / capacity)
  return {
    network: share(
      rate(recent, ({ networkBytes }) => networkBytes),
      networkBytesPerSecond
    ),
    cpu: share(mean(recent.map(coreLoad)), 1),
    disk: share(
      rate(recent, ({ diskBytes }) => diskBytes),
      diskBytesPerSecond
    )
  }
}

function checkWeights({ network, cpu, disk }: QualityWeights): void {
  checkNonNegative('weights.network', network)
  checkNonNegative('weights.cpu', cpu)
  checkNonNegative('weights.disk', disk)
  checkPositive('the sum of the weights', network + cpu + disk)
}

/**
 * Q(x) = Σ attribute × weight with attributes that can be added: each is a share of what the host could do, as a rate over a window. An
 * attribute of which nothing is known hands its weight to the others, since nothing known is not nothing done.
 * @param samples in the order of their time
 * @returns finite, ≥ 0, the lower the better, 1 with the usual weights for a host that is busy all over; undefined while nothing that has
 * a weight is known
 * @throws ERR_INVALID_OPTION
 */
export function correctedQuality(samples: readonly HostSample[], options: QualityOptions = {}): number | undefined {
  const { weights = DEFAULTS.weights } = options
  checkWeights(weights)
  const loads = hostLoads(samples, options)
  let cost = 0
  let known = 0
  for (const attribute of ['network', 'cpu', 'disk'] as const) {
    const load = loads[attribute]
    if (load === undefined) continue
    cost += weights[attribute] * load
    known += weights[attribute]
  }
  return known > 0 ? (cost / known) * (weights.network + weights.cpu + weights.disk) : undefined
}
