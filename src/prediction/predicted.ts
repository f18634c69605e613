import { workTokens } from '../job/job.ts'
import type { Success } from '../job/outcome.ts'
import type { OutcomeObservation } from '../peer/observation.ts'
import type { JobInFlight } from './in-flight.ts'
import type { PeerModel } from './peer-model.ts'
import type { Pool } from './pool.ts'
import type { RuleTrust } from './rule-trust.ts'

/** What was predicted of a job in flight. */
export interface Predicted {
  readonly model: PeerModel
  readonly job: JobInFlight
  readonly firstTokenMs: number
  /** It would start at once. */
  readonly noWait: boolean
  /** ms a work token, by the predictor and by the per-token rule. */
  readonly perWork: number
  readonly perWorkByRule: number
}

export type SeenSuccess = OutcomeObservation & { readonly outcome: Success; readonly atMs: number }

interface Taught {
  readonly pool: Pool
  readonly trust: RuleTrust
}

/** Learns from what came of a job beside what was predicted. */
export function holdAgainst({ model, job, noWait, ...predicted }: Predicted, seen: SeenSuccess, { pool, trust }: Taught): void {
  const { outcome, promptTokens, expectedOutputTokens } = seen
  pool.observeLength(job.decision.workloadClass, outcome.outputTokens / expectedOutputTokens)
  const lateMs = outcome.firstTokenMs - predicted.firstTokenMs
  // An answer in one piece does not show when it began.
  const began = outcome.firstTokenMs < outcome.durationMs
  if (began) pool.observeFirstTokenError(lateMs)
  if (began && noWait) model.observeOverhead(lateMs, pool)
  if (!(predicted.perWorkByRule > 0)) return
  trust.compare(predicted.perWork, predicted.perWorkByRule, outcome.durationMs / workTokens(promptTokens, outcome.outputTokens))
}
