import { checkInteger } from '../core/check.ts'
import { type Estimate, estimateOf, type PairedFigures } from './figures.ts'
import { type LearningResult, learningResult } from './learning-result.ts'
import { runAll, type RunPoolOptions } from './run-pool.ts'
import { checkTasks, type RunReport, type RunTask } from './run-report.ts'
import type { ResolvedScenario } from './scenario/scenario.ts'

export interface HeadToHeadOptions extends Pick<RunPoolOptions, 'workers' | 'signal'> {
  readonly policies: readonly string[]
  /** How many, from 1; ≥ 1. Each draws its own jobs and mishaps, the same for all policies. */
  readonly seeds: number
  /** Told after each run. */
  readonly onRun?: (run: Pick<RunTask, 'policy' | 'seed'>, done: number, total: number) => void
}

/** How one policy did over the seeds. */
export type PolicyResult = { readonly policy: string } & {
  readonly [figure in keyof PairedFigures]: Estimate
} & LearningResult

export interface HeadToHead {
  readonly format: 'peerbandit-simulation'
  readonly version: 1
  readonly scenario: string
  readonly jobs: number
  readonly seeds: number
  /** In the order asked for. */
  readonly policies: readonly PolicyResult[]
}

/**
 * Runs policies over the same seeds of a scenario, and the omniscient bound beside them, to which ratios are taken seed by seed.
 * @throws ERR_INVALID_OPTION for an unknown policy and ERR_TRACE, before anything runs; what a run threw, with its name; the
 * signal's reason
 */
export async function headToHead(scenario: ResolvedScenario, options: HeadToHeadOptions): Promise<HeadToHead> {
  const { onRun, workers = 1, signal } = options
  const policies = [...new Set(options.policies)]
  const seeds = checkInteger('seeds', options.seeds, { min: 1 })
  await checkTasks(scenario, policies)
  const tasks = Array.from({ length: seeds }, (_, i) => policies.map((policy) => ({ scenario, policy, seed: i + 1 }))).flat()
  let done = 0
  const reports = await runAll(tasks, {
    workers,
    ...(signal === undefined ? {} : { signal }),
    onReport: (task) => onRun?.(task, ++done, tasks.length)
  })
  return {
    format: 'peerbandit-simulation',
    version: 1,
    scenario: scenario.name,
    jobs: scenario.jobs,
    seeds,
    policies: policies.map((policy) =>
      policyResult(
        policy,
        reports.filter((_, index) => tasks[index].policy === policy)
      )
    )
  }
}

/** The figures of one policy over its runs. @throws ERR_INVALID_OPTION for no runs */
export function policyResult(policy: string, runs: readonly RunReport[]): PolicyResult {
  const over = (figure: keyof PairedFigures) => estimateOf(runs.map((run) => run[figure]))
  return {
    policy,
    meanMs: over('meanMs'),
    p50Ms: over('p50Ms'),
    p95Ms: over('p95Ms'),
    p99Ms: over('p99Ms'),
    successRatio: over('successRatio'),
    attempts: over('attempts'),
    loadGini: over('loadGini'),
    decisionMicros: over('decisionMicros'),
    ratioMean: over('ratioMean'),
    ratioP99: over('ratioP99'),
    ...learningResult(runs)
  }
}
