import type { Clock } from '../../core/clock.ts'
import { pcg32, seedFrom } from '../../core/rng.ts'
import type { Job } from '../../job/job.ts'
import { type JobEvent, jobRouter } from '../../router/job-router.ts'
import { createSelection, type SelectionOptions } from '../../selector/selection.ts'
import type { Selector } from '../../selector/selector.ts'
import { promptOf } from '../engine/prompt.ts'
import { type VirtualPeer, virtualTransport } from './virtual-peer.ts'
import type { VirtualTime } from './virtual-time.ts'
import { virtualWatch } from './virtual-watch.ts'

/** How long decisions took. */
export class DecisionMeter {
  #count = 0
  #totalMs = 0
  readonly #stopwatch: Clock

  /** @param stopwatch measures real time: virtual time stands still during a decision */
  constructor(stopwatch: Clock) {
    this.#stopwatch = stopwatch
  }

  /** The selector, its decisions measured. */
  measured(selector: Selector): Selector {
    return {
      acquire: (candidates, job, options) => {
        const startMs = this.#stopwatch.now()
        const lease = selector.acquire(candidates, job, options)
        this.#totalMs += this.#stopwatch.now() - startMs
        this.#count += 1
        return lease
      },
      replay: (decision, record) => {
        selector.replay(decision, record)
      },
      subscribe: (listener) => selector.subscribe(listener)
    }
  }

  /** Mean time of a decision, µs; 0 when there was none. */
  get meanMicros(): number {
    return this.#count === 0 ? 0 : (1000 * this.#totalMs) / this.#count
  }
}

export interface VirtualRouterComponents {
  readonly time: VirtualTime
  readonly peers: readonly VirtualPeer[]
  readonly meter: DecisionMeter
}

export interface VirtualRouterOptions {
  /** Its number, from 0: round trips may depend on it. */
  readonly index: number
  readonly routerId: string
  readonly seed: number
  readonly probeIntervalMs: number
  readonly selection: Pick<SelectionOptions, 'policy' | 'rankers' | 'prediction' | 'maxExpectedLoss'>
}

/** A router as in production, with its own evidence, learning and health gate; only time and network are virtual. */
export interface VirtualRouter {
  /** @param outputTokens the true length of the answer */
  run(job: Job, outputTokens: number): AsyncIterable<JobEvent>
}

export function virtualRouter(components: VirtualRouterComponents, options: VirtualRouterOptions): VirtualRouter {
  const { time, peers, meter } = components
  const { index, routerId, seed, probeIntervalMs, selection } = options
  // Without a journal: writing to a disk takes real time, and nothing is read back within a run.
  const { table, selector, predictor } = createSelection(
    { clock: time },
    { ...selection, routerId, seed: seedFrom('router', seed, routerId) }
  )
  const watch = virtualWatch(
    {
      time,
      peers,
      rng: pcg32(seedFrom('watch', seed, routerId)),
      isLikely: (peer) => predictor.isLikely(peer, time.wall()),
      observe: (peer, observation, atMs) => {
        table.observe(peer, observation, atMs)
      }
    },
    { probeIntervalMs, router: index }
  )
  const router = jobRouter({
    selector: meter.measured(selector),
    transport: virtualTransport(peers, index),
    clock: time,
    timers: time,
    candidates: () => watch.members()
  })
  return {
    run: (job, outputTokens) =>
      // The request tells the size of its prompt; the text only asks for the length of the answer.
      router.run(job, { text: promptOf({ promptTokens: 0, outputTokens }), maxTokens: job.expectedOutputTokens })
  }
}
