import type { Clock } from '../../core/clock.ts'
import { pcg32, seedFrom } from '../../core/rng.ts'
import type { Job } from '../../job/job.ts'
import { type JobEvent, jobRouter } from '../../router/job-router.ts'
import { createSelection } from '../../selector/selection.ts'
import type { Selector } from '../../selector/selector.ts'
import type { ContestantOptions } from '../contestant.ts'
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
  readonly selection: ContestantOptions
}

/** A router as in production, with its own evidence, learning and health gate; only time and network are virtual. */
export interface VirtualRouter {
  /** @param outputTokens the true length of the answer */
  run(job: Job, outputTokens: number): AsyncIterable<JobEvent>
  /**
   * Starts the router's process anew: cool-downs and whatever a rival keeps to itself are gone, what the journal keeps comes back. As when a
   * new version is rolled out, the old process goes on until the new one has found the peers, and finishes the jobs that it has.
   */
  restart(): void
}

export function virtualRouter(components: VirtualRouterComponents, options: VirtualRouterOptions): VirtualRouter {
  let process = startProcess(components, options)
  let next: RouterProcess | undefined
  let starts = 1
  /** The process that jobs go to. */
  const serving = (): RouterProcess => {
    if (next !== undefined && next.watch.members().length >= process.watch.members().length) {
      process.watch.stop()
      process = next
      next = undefined
    }
    return process
  }
  return {
    run: (job, outputTokens) =>
      // The request tells the size of its prompt; the text only asks for the length of the answer.
      serving().router.run(job, { text: promptOf({ promptTokens: 0, outputTokens }), maxTokens: job.expectedOutputTokens }),
    restart() {
      const { table, predictor, policy } = serving().selection
      starts += 1
      next = startProcess(components, options, starts)
      next.selection.table.restore(table.snapshot(components.time.wall()))
      next.selection.predictor.restore(predictor.snapshot())
      next.selection.policy.merge(policy.snapshot())
    }
  }
}

type RouterProcess = ReturnType<typeof startProcess>

function startProcess(components: VirtualRouterComponents, options: VirtualRouterOptions, start = 1) {
  const { time, peers, meter } = components
  const { index, routerId, seed, probeIntervalMs } = options
  const identity = start === 1 ? [seed, routerId] : [seed, routerId, start]
  // Without a journal: writing to a disk takes real time; what it would keep is handed over at a restart.
  const selection = createSelection({ clock: time }, { ...options.selection, routerId, seed: seedFrom('router', ...identity) })
  const { table, selector, predictor } = selection
  const watch = virtualWatch(
    {
      time,
      peers,
      rng: pcg32(seedFrom('watch', ...identity)),
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
  return { selection, watch, router }
}
