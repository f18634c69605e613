import { checkPositive } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { PeerbanditError } from '../../core/errors.ts'
import {
  correctedQuality,
  type HostCapacity,
  type HostSample,
  type QualityOptions,
  seedQuality
} from '../../scoring/host-quality.ts'

/** What the system says now; see {@link HostSample}. */
export type ReadHost = () => Promise<Omit<HostSample, 'atMs'>>

/** A figure that the system may leave out, or give as null, whatever its types say. */
function figure(value: number | null | undefined): number | undefined {
  return value ?? undefined
}

/** Reads the system by `systeminformation`; interfaces that never leave the host, as loopback, do not count. */
export const readHost: ReadHost = async () => {
  const [si, os] = await Promise.all([import('systeminformation'), import('node:os')])
  const [load, networks, disks] = await Promise.all([si.currentLoad(), si.networkStats('*'), si.fsStats()])
  const outward = networks.filter(({ iface }) => !/^lo\d*$/i.test(iface))
  const moved = outward.reduce((sum, { rx_bytes, tx_bytes }) => sum + rx_bytes + tx_bytes, 0)
  return {
    // Windows says 0 always, and systeminformation knows the average of each core only, rounded.
    loadAverage: os.platform() === 'win32' ? undefined : os.loadavg()[0],
    busyRatio: Math.min(1, Math.max(0, load.currentLoad / 100)),
    cores: Math.max(1, load.cpus.length),
    networkBytes: outward.length === 0 ? undefined : moved,
    // There is no such count in some containers.
    diskBytes: figure((disks as typeof disks | null)?.tx)
  }
}

const BYTES_PER_MEGABIT = 125_000
const DIRECTIONS = 2

/** What the host's links can carry, by their speed, both directions together. Empty where the system does not know. */
export async function hostCapacity(): Promise<HostCapacity> {
  const { networkInterfaces } = await import('systeminformation')
  const found = await networkInterfaces()
  const megabits = (Array.isArray(found) ? found : [found])
    .filter(({ internal, operstate }) => !internal && operstate === 'up')
    .reduce((sum, { speed }) => sum + Math.max(0, speed ?? 0), 0)
  return megabits > 0 ? { networkBytesPerSecond: megabits * BYTES_PER_MEGABIT * DIRECTIONS } : {}
}

export interface HostSamplerOptions extends QualityOptions {
  /** Which form the metric has: Pyrsia's own, or one that can be compared. @default 'corrected' */
  readonly form?: 'seed' | 'corrected'
  /** Between the end of one look and the next, ms > 0. @default 2000 */
  readonly intervalMs?: number
  readonly read?: ReadHost
  readonly clock?: Clock & Timers
}

/** Looks at the host in the background, so that a reply never waits for it. */
export interface HostSampler {
  /** The host's Q(x), the lower the better; undefined before it is known, and when the last look is older than the window. */
  metric(): number | undefined
  /** Of the window, the oldest first. */
  samples(): readonly HostSample[]
  stop(): void
}

const DEFAULTS = { form: 'corrected', intervalMs: 2_000, windowMs: 10_000, read: readHost, clock: systemClock } as const

/** @throws ERR_INVALID_OPTION */
export function hostSampler(options: HostSamplerOptions = {}): HostSampler {
  const { form, intervalMs, windowMs, read, clock } = { ...DEFAULTS, ...options }
  checkPositive('intervalMs', intervalMs)
  if (!(windowMs >= 2 * intervalMs && windowMs < Infinity)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `windowMs must be at least twice intervalMs (${intervalMs}), so that a rate can be taken, got ${windowMs}`
    )
  }
  // Refuses wrong options now and not when somebody asks.
  correctedQuality([], { ...options, windowMs })
  let window: HostSample[] = []
  let stopped = false
  let cancel: () => void = () => undefined

  async function look(): Promise<void> {
    const found = await read()
    const atMs = clock.now()
    window = [...window.filter((sample) => sample.atMs >= atMs - windowMs), { ...found, atMs }]
  }

  function again(): void {
    if (stopped) return
    cancel = clock.after(intervalMs, () => {
      // A look that fails leaves the last ones standing until they are too old.
      look().then(again, again)
    })
  }

  function fresh(): readonly HostSample[] {
    const fromMs = clock.now() - windowMs
    return window.length > 0 && window[window.length - 1].atMs >= fromMs ? window : []
  }

  look().then(again, again)
  return {
    metric() {
      const samples = fresh()
      if (samples.length === 0) return undefined
      return form === 'seed' ? seedQuality(samples) : correctedQuality(samples, { ...options, windowMs })
    },
    samples: fresh,
    stop() {
      stopped = true
      cancel()
    }
  }
}
