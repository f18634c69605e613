import type { Clock, Timers } from '../../../../src/core/clock.ts'
import { formatCount } from '../../../../src/experiment/format.ts'
import { usageOf } from '../process-usage.ts'
import { readHeapMb } from './heap.ts'
import { OpenLoad, type OpenLoadCounts } from './open-load.ts'
import { type Trend, trendOf, type Verdict, verdictOf } from './trend.ts'

export interface SoakOptions {
  /** Of /v1/chat/completions. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Of the gateway. */
  readonly pid: number
  readonly metricsUrl: string
  readonly minutes: number
  readonly perSecond: number
  readonly seed: number
  readonly sampleSeconds: number
  /** Memory may grow by this, MB an hour. */
  readonly limitMbPerHour: number
  readonly clock: Clock & Timers
  readonly write: (line: string) => void
  /** Ends it early, with what there is. */
  readonly signal: AbortSignal
}

interface SoakSample extends OpenLoadCounts {
  readonly seconds: number
  readonly rssMb: number
  /** From /metrics; left out where it does not say. */
  readonly heapMb?: number
}

export interface SoakResult {
  readonly minutes: number
  readonly perSecond: number
  readonly samples: readonly SoakSample[]
  /** Of resident memory over the last half. */
  readonly rss: Trend | undefined
  readonly heap: Trend | undefined
  readonly verdict: Verdict
  readonly counts: OpenLoadCounts
}

function waitUntil(dueMs: number, { clock, signal }: SoakOptions): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(Math.max(0, dueMs - clock.now()), end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

/** The trends of the last half, and what they say. */
function concluded(samples: readonly SoakSample[], limitMbPerHour: number): Pick<SoakResult, 'rss' | 'heap' | 'verdict'> {
  const half = samples.slice(samples.length >> 1)
  const rss = trendOf(half.map(({ seconds, rssMb }) => ({ hours: seconds / 3600, mb: rssMb })))
  const heap = trendOf(
    half.flatMap(({ seconds, heapMb }) => (heapMb === undefined ? [] : [{ hours: seconds / 3600, mb: heapMb }]))
  )
  return { rss, heap, verdict: verdictOf(rss, limitMbPerHour) }
}

function line({ seconds, rssMb, heapMb, sent, ended, skipped, failures }: SoakSample): string {
  const wrong = Object.values(failures).reduce((sum, count) => sum + count, 0)
  return [
    `${(seconds / 60).toFixed(1)} min`,
    `RSS ${rssMb.toFixed(1)} MB`,
    ...(heapMb === undefined ? [] : [`heap ${heapMb.toFixed(1)} MB`]),
    `${formatCount(sent)} sent, ${formatCount(sent - ended)} under way, ${formatCount(skipped)} skipped, ${formatCount(wrong)} wrong`
  ].join(', ')
}

/** @throws where the gateway is gone */
async function sampleOf(load: OpenLoad, startMs: number, { pid, metricsUrl, clock }: SoakOptions): Promise<SoakSample> {
  const usage = await usageOf(pid)
  if (usage === undefined) throw new Error(`there is no process ${pid}, or this system has no /proc: the gateway has ended`)
  const heapMb = await readHeapMb(metricsUrl)
  const seconds = (clock.now() - startMs) / 1000
  return { seconds, rssMb: usage.rssMb, ...(heapMb === undefined ? {} : { heapMb }), ...load.counts() }
}

/** Puts load on a gateway for long, and watches its memory. A line a minute. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { clock, minutes, perSecond, sampleSeconds, limitMbPerHour, signal, write } = options
  const startMs = clock.now()
  const load = new OpenLoad(options)
  const samples: SoakSample[] = []
  try {
    let told = 0
    const count = Math.max(1, Math.round((minutes * 60) / sampleSeconds))
    for (let i = 1; i <= count && !signal.aborted; i++) {
      await waitUntil(startMs + i * sampleSeconds * 1000, options)
      const sample = await sampleOf(load, startMs, options)
      samples.push(sample)
      if (Math.floor(sample.seconds / 60) === told) continue
      told = Math.floor(sample.seconds / 60)
      write(line(sample))
    }
  } finally {
    await load.stop()
  }
  return { minutes, perSecond, samples, ...concluded(samples, limitMbPerHour), counts: samples.at(-1) ?? load.counts() }
}
