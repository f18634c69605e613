import { bestArmPerJob, bestFixedArm, fastestPeerFloor } from './bounds.ts'
import { CONTESTANTS, type ContestantKind } from './contestant.ts'
import { OMNISCIENT_SED } from './rivals/omniscient.ts'
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

/** The usual arms, each alone. */
const ARMS = CONTESTANTS.filter(({ kind }) => kind === 'arm').map(({ id }) => id)

/** Everything of that kind that a table can have. */
export const HINDSIGHT_BOUNDS: readonly HindsightBound[] = [
  {
    id: 'best-fixed-arm',
    title: 'The arm that was best in this run, chosen when it was over',
    from: ARMS,
    derive: (runs) => bestFixedArm(runs.map((run, i) => ({ arm: ARMS[i], run }))).run
  },
  {
    id: 'best-arm-per-job',
    title: 'For every job the arm under which it was done soonest; no router could have had that',
    from: ARMS,
    derive: (runs) => ({ ...runs[0], loadGini: 0, decisionMicros: 0, jobs: bestArmPerJob(runs) })
  },
  {
    id: 'fastest-peer-floor',
    title: 'Every job alone at the fastest peer that was there: no queue, no network, no failure',
    from: [OMNISCIENT_SED.id],
    derive: ([run], { scenario, plan }) => {
      const floor = fastestPeerFloor(plan, scenario.deadlineMs)
      return { ...run, loadGini: 0, decisionMicros: 0, jobs: run.jobs.map((job, i) => ({ ...job, durationMs: floor[i] })) }
    }
  }
]

/** Everybody that a table can have. */
export const EVERYBODY: readonly { readonly id: string; readonly kind: ContestantKind; readonly title: string }[] = [
  ...CONTESTANTS,
  ...HINDSIGHT_BOUNDS.map(({ id, title }) => ({ id, kind: 'bound' as const, title }))
]
