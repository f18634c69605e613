import type { Clock } from '../../core/clock.ts'
import type { Selector } from '../../selector/selector.ts'
import type { ThroughputPrior } from '../../selector/throughput-prior.ts'
import { throughputModel } from '../../throughput/throughput-model.ts'
import { backgroundRetraining, type RetrainingComponents, type RetrainingOptions, type RetrainingVerdict } from './retraining.ts'
import { retrainingSchedule, type RetrainingScheduleOptions } from './retraining-schedule.ts'
import type { FitProgress } from '../throughput-fit.ts'

/** A selection, or a whole router, with its journal and a directory of models. */
export interface KeepTrainedComponents extends RetrainingComponents {
  readonly selector: Pick<Selector, 'subscribe'>
  readonly throughput: Pick<ThroughputPrior, 'use'>
  readonly clock: Clock
}

export interface KeepTrainedOptions {
  /** When. */
  readonly schedule?: RetrainingScheduleOptions
  /** How. */
  readonly retraining?: RetrainingOptions
  readonly onProgress?: (progress: FitProgress) => void
  /** Told how each retraining ended; a promoted model is in use by then. */
  readonly onVerdict?: (verdict: RetrainingVerdict) => void
}

/**
 * Trains the throughput model again as jobs end, beside the router, and lets the selection go on with a better one.
 * @returns stops it, and a retraining that runs; to be awaited before the journal is closed
 * @throws ERR_INVALID_OPTION
 */
export function keepTrained(components: KeepTrainedComponents, options: KeepTrainedOptions = {}): () => Promise<void> {
  const { selector, throughput, clock } = components
  const { onProgress, onVerdict } = options
  const schedule = retrainingSchedule(clock, options.schedule)
  const retraining = backgroundRetraining(components, options.retraining)
  const stopped = new AbortController()
  let outcomes = 0
  let running: Promise<void> | undefined

  async function retrain(): Promise<void> {
    const verdict = await retraining.run({ signal: stopped.signal, ...(onProgress !== undefined && { onProgress }) })
    if (verdict.kind === 'promoted') throughput.use(throughputModel(verdict.model))
    running = undefined
    onVerdict?.(verdict)
  }

  const unsubscribe = selector.subscribe((event) => {
    // A failure tells nothing of throughput.
    if (event.kind !== 'ended' || !event.record.outcome.ok) return
    outcomes += 1
    if (running !== undefined || !schedule.isDue(outcomes)) return
    schedule.begun(outcomes)
    running = retrain()
  })
  return async () => {
    unsubscribe()
    stopped.abort()
    await running
  }
}
