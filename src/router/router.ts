import type { Clock, Timers } from '../core/clock.ts'
import type { Job } from '../job/job.ts'
import type { Journal, Retention } from '../journal/journal.ts'
import type { LearnedState, Restored } from '../selector/learned-state.ts'
import { createSelection, type Selection, type SelectionOptions } from '../selector/selection.ts'
import type { Fleet } from './fleet.ts'
import { type JobEvent, jobRouter, type JobRouterOptions, type Prompt, type RunOptions } from './job-router.ts'

export interface RouterComponents<F extends Fleet = Fleet> {
  readonly clock: Clock & Timers
  /** Where decisions and outcomes go, and what was learned comes from. Closed by `stop`. */
  readonly journal: Journal
  /** Opens the peers, whose observations go to the selection's table. Stopped by `stop`. */
  readonly fleet: (selection: Selection) => Promise<F>
  /** As of a selection. */
  readonly announce?: (line: string) => void
}

export interface RouterOptions extends SelectionOptions {
  readonly router?: JobRouterOptions
  /** Between two snapshots of what was learned, ms. @default 10000 */
  readonly checkpointMs?: number
  /** What the journal keeps of decisions and outcomes; applied with every snapshot. @default 90 days and 1 GiB */
  readonly retention?: Retention
}

/** Everything of one router: it reaches its peers, keeps its evidence, runs jobs and learns from them. */
export interface Router<F extends Fleet = Fleet> extends Selection {
  readonly journal: Journal
  readonly fleet: F
  /** What it went on from. */
  readonly restored: Restored
  run(job: Job, prompt: Prompt, options?: RunOptions): AsyncIterable<JobEvent>
  /** Lets go of its peers and writes everything learned. No outcome is lost. */
  stop(): Promise<void>
}

const CHECKPOINT_MS = 10_000
const RETENTION: Retention = { maxAgeMs: 90 * 24 * 3_600_000, maxBytes: 2 ** 30 }

/** @throws ERR_INVALID_OPTION, ERR_SNAPSHOT, ERR_JOURNAL_CORRUPT; what the fleet throws */
export async function openRouter<F extends Fleet>(
  components: RouterComponents<F>,
  options: RouterOptions = {}
): Promise<Router<F>> {
  const { clock, journal } = components
  const selection = createSelection(components, options)
  const learned = selection.learned as LearnedState
  const restored = await learned.restore()
  const fleet = await components.fleet(selection)
  const { selector, predictor } = selection
  const router = jobRouter(
    {
      selector,
      transport: fleet.transport,
      clock,
      timers: clock,
      candidates: ({ model }) => fleet.members(model),
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
    journal,
    fleet,
    restored,
    run: (job, prompt, run) => router.run(job, prompt, run),
    async stop() {
      await checkpoints.stop()
      await fleet.stop()
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
