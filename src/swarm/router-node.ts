import type { Clock, Timers } from '../core/clock.ts'
import type { PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { Journal, Retention } from '../journal/journal.ts'
import { createNode } from '../network/node.ts'
import { libp2pTransport } from '../network/inference-protocol.ts'
import { peerWatch, type PeerWatch, type PeerWatchOptions } from '../network/peer-watch.ts'
import type { LearnedState, Restored } from '../selector/learned-state.ts'
import { createSelection, type Selection, type SelectionOptions } from '../selector/selection.ts'
import { type JobEvent, jobRouter, type JobRouterOptions, type Prompt, type RunOptions } from '../router/job-router.ts'

export interface RouterNodeComponents {
  readonly clock: Clock & Timers
  /** Where decisions and outcomes go, and what was learned comes from. Closed by `stop`. */
  readonly journal: Journal
  /** As of a selection. */
  readonly announce?: (line: string) => void
}

export interface RouterNodeOptions extends SelectionOptions {
  /** Addresses to join the network by. */
  readonly bootstrap: readonly string[]
  /** Models whose workers to look for. */
  readonly models: readonly string[]
  readonly router?: JobRouterOptions
  readonly watch?: Omit<PeerWatchOptions, 'models'>
  /** Between two snapshots of what was learned, ms. @default 10000 */
  readonly checkpointMs?: number
  /** What the journal keeps of decisions and outcomes; applied with every snapshot. @default 90 days and 1 GiB */
  readonly retention?: Retention
}

/** Everything of one router: it joins the network, keeps its evidence, runs jobs and learns from them. */
export interface RouterNode extends Selection {
  readonly id: PeerId
  readonly journal: Journal
  readonly watch: PeerWatch
  /** What it went on from. */
  readonly restored: Restored
  run(job: Job, prompt: Prompt, options?: RunOptions): AsyncIterable<JobEvent>
  /** Leaves the network and writes everything learned. No outcome is lost. */
  stop(): Promise<void>
}

const CHECKPOINT_MS = 10_000
const RETENTION: Retention = { maxAgeMs: 90 * 24 * 3_600_000, maxBytes: 2 ** 30 }

/** @throws ERR_INVALID_OPTION, ERR_SNAPSHOT, ERR_JOURNAL_CORRUPT */
export async function startRouter(components: RouterNodeComponents, options: RouterNodeOptions): Promise<RouterNode> {
  const { clock, journal } = components
  const selection = createSelection(components, options)
  const learned = selection.learned as LearnedState
  const restored = await learned.restore()
  const node = await createNode({ role: 'client', bootstrap: options.bootstrap, timers: clock })
  const { table, predictor } = selection
  const watch = peerWatch(
    {
      node,
      clock,
      observe: (peer, observation, atMs) => {
        table.observe(peer, observation, atMs)
      },
      isLikely: (peer) => predictor.isLikely(peer, clock.wall())
    },
    { ...options.watch, models: options.models }
  )
  watch.start()
  const router = jobRouter(
    {
      selector: selection.selector,
      transport: libp2pTransport(node, { timers: clock }),
      clock,
      timers: clock,
      candidates: (job) => watch.members(job.model),
      expectedFirstTokenMs: (decision) => predictor.expectedFirstTokenMs(decision)
    },
    options.router
  )
  const checkpoints = repeat(clock, options.checkpointMs ?? CHECKPOINT_MS, async () => {
    await learned.checkpoint()
    await journal.prune(options.retention ?? RETENTION, clock.wall())
  })
  return {
    ...selection,
    id: node.id,
    journal,
    watch,
    restored,
    run: (job, prompt, run) => router.run(job, prompt, run),
    async stop() {
      await checkpoints.stop()
      await watch.stop()
      await node.stop()
      await learned.checkpoint()
      await journal.close()
    }
  }
}

/** Does something again and again, never two at a time; `stop` waits for the one that runs. */
function repeat(timers: Timers, intervalMs: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  let cancel: () => void = () => undefined
  const schedule = () => {
    if (stopped) return
    cancel = timers.after(intervalMs, () => {
      // A snapshot that could not be written is written again next time, and the outcomes are in the journal anyway.
      running = work()
        .catch(() => undefined)
        .then(schedule)
    })
  }
  schedule()
  return {
    async stop() {
      stopped = true
      cancel()
      await running
    }
  }
}
