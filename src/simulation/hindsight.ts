import type { SimulatedRun } from './run-scenario.ts'
import type { ResolvedScenario } from './scenario/scenario.ts'
import type { ScenarioPlan } from './scenario/scenario-workload.ts'

/** What could have been had with the same jobs, worked out from the runs of others: a row of the table that no router played. */
export interface HindsightBound {
  readonly id: string
  readonly title: string
  /** The policies whose runs it is worked out from. */
  readonly from: readonly string[]
  /**
   * A run in form. What has no meaning for it, such as the time of a decision, is 0.
   * @param runs one of each policy in {@link from}, in that order, with the same seed
   */
  derive(runs: readonly SimulatedRun[], about: { readonly scenario: ResolvedScenario; readonly plan: ScenarioPlan }): SimulatedRun
}

/** Everything of that kind that a table can have. */
export const HINDSIGHT_BOUNDS: readonly HindsightBound[] = []
