import { sleep } from '../../core/abort.ts'
import { checkPositive } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import type { PeerId } from '../../job/decision.ts'
import type { ReportedMetrics } from '../../scoring/reported-metrics.ts'
import type { Serving } from '../serving.ts'
import type { MetricAsker } from './metric-protocol.ts'

export interface MetricWatchComponents {
  readonly asker: MetricAsker
  readonly metrics: ReportedMetrics
  /** Who is asked, each time anew. */
  readonly peers: () => Iterable<PeerId>
  readonly clock?: Clock & Timers
}

export interface MetricWatchOptions {
  /** Between the end of one round and the next, ms > 0; no more often than the asker's budget allows. @default 5000 */
  readonly intervalMs?: number
  /** For all peers of a round together, ms > 0. @default 2000 */
  readonly timeoutMs?: number
}

const DEFAULTS = { intervalMs: 5_000, timeoutMs: 2_000 } as const satisfies MetricWatchOptions

/** Keeps what peers say of themselves up to date, from now on. A peer that fails to say is unknown once its last word is too old. */
export function watchMetrics(components: MetricWatchComponents, options: MetricWatchOptions = {}): Serving {
  const { asker, metrics, peers, clock = systemClock } = components
  const { intervalMs, timeoutMs } = { ...DEFAULTS, ...options }
  checkPositive('intervalMs', intervalMs)
  checkPositive('timeoutMs', timeoutMs)
  const stopping = new AbortController()
  const { signal } = stopping

  async function round(): Promise<void> {
    const answers = await asker.askAll(peers(), { timeoutMs, signal })
    const atMs = clock.wall()
    for (const [peer, answer] of answers) {
      if (answer.status === 'fulfilled') metrics.heard(peer, answer.value, atMs)
    }
  }

  async function keepAsking(): Promise<void> {
    while (!signal.aborted) {
      await round()
      await sleep(clock, intervalMs, { signal }).catch(() => undefined)
    }
  }

  const running = keepAsking()
  return {
    async stop() {
      stopping.abort(new Error('the watch is stopped'))
      await running
    }
  }
}
