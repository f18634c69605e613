import { quantileOfSorted, sortedCopy } from '../math/quantile.ts'
import { contestantOf } from './contestant.ts'
import { type PairedFigures, pairedFigures } from './figures.ts'
import { HINDSIGHT_BOUNDS, type HindsightBound } from './hindsight.ts'
import { type LearningFigures, learningFigures } from './learning-figures.ts'
import { OMNISCIENT_SED } from './rivals/omniscient.ts'
import { runScenario, type SimulatedRun } from './run-scenario.ts'
import type { ResolvedScenario } from './scenario/scenario.ts'
import { planScenario, type ScenarioPlan } from './scenario/scenario-workload.ts'

/** One run. */
export interface RunTask {
  readonly scenario: ResolvedScenario
  /** A contestant or a bound in hindsight. */
  readonly policy: string
  readonly seed: number
}

/** What is kept of a run. All of it is the same in every run of a task, but `decisionMicros`, which is measured. */
export interface RunReport extends PairedFigures, LearningFigures {
  /** Times per job at the shares {@link QUANTILES} of the jobs, ms. */
  readonly quantilesMs: readonly number[]
}

export const QUANTILES: readonly number[] = Array.from({ length: 101 }, (_, i) => i / 100)

function hindsightOf(policy: string, bounds: readonly HindsightBound[]): HindsightBound | undefined {
  return bounds.find(({ id }) => id === policy)
}

/**
 * Draws the jobs of the first seed too, so that a trace that cannot be read is found here.
 * @throws ERR_INVALID_OPTION for an unknown policy; ERR_TRACE
 */
export async function checkTasks(scenario: ResolvedScenario, policies: readonly string[]): Promise<void> {
  for (const policy of policies) if (hindsightOf(policy, HINDSIGHT_BOUNDS) === undefined) contestantOf(policy)
  await planScenario(scenario, 1)
}

/** What all policies of a scenario and a seed share. */
interface Round {
  readonly key: string
  readonly plan: ScenarioPlan
  /** Those that others are compared with, or worked out from. */
  readonly kept: Map<string, SimulatedRun>
}

/**
 * Runs task after task, one at a time. What tasks of the same scenario and seed share is worked out once, if they come one after
 * the other.
 */
export function runReporter(bounds: readonly HindsightBound[] = HINDSIGHT_BOUNDS): (task: RunTask) => Promise<RunReport> {
  const shared = new Set([OMNISCIENT_SED.id, ...bounds.flatMap(({ from }) => from)])
  let latest: Round | undefined

  async function simulate({ scenario, policy, seed }: RunTask, round: Round): Promise<SimulatedRun> {
    const { plan, kept } = round
    const before = kept.get(policy)
    if (before !== undefined) return before
    const hindsight = hindsightOf(policy, bounds)
    if (hindsight === undefined) {
      const run = await runScenario(scenario, { policy, seed })
      if (shared.has(policy)) kept.set(policy, run)
      return run
    }
    const runs: SimulatedRun[] = []
    for (const other of hindsight.from) runs.push(await simulate({ scenario, policy: other, seed }, round))
    return hindsight.derive(runs, { scenario, plan })
  }

  return async (task) => {
    const { scenario, seed } = task
    const key = JSON.stringify([scenario, seed])
    if (latest?.key !== key) latest = { key, plan: await planScenario(scenario, seed), kept: new Map() }
    const current = latest
    const reference = await simulate({ ...task, policy: OMNISCIENT_SED.id }, current)
    const run = await simulate(task, current)
    const durations = sortedCopy(run.jobs.map(({ durationMs }) => durationMs))
    return {
      ...pairedFigures(run, reference),
      ...learningFigures({ scenario, plan: current.plan, run, reference }),
      quantilesMs: QUANTILES.map((q) => quantileOfSorted(durations, q))
    }
  }
}
