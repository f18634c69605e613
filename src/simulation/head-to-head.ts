import type { Clock } from '../core/clock.ts'
import { checkInteger } from '../core/check.ts'
import { contestantOf } from './contestant.ts'
import { type Estimate, estimateOf, type PairedFigures, pairedFigures } from './figures.ts'
import { OMNISCIENT_SED } from './rivals/omniscient.ts'
import { runScenario, type SimulatedRun } from './run-scenario.ts'
import type { ResolvedScenario } from './scenario/scenario.ts'

export interface HeadToHeadOptions {
  readonly policies: readonly string[]
  /** How many, from 1; ≥ 1. Each draws its own jobs and mishaps, the same for all policies. */
  readonly seeds: number
  readonly stopwatch?: Clock
  /** Told before each run. */
  readonly onRun?: (run: { readonly policy: string; readonly seed: number }) => void
}

/** How one policy did over the seeds. */
export type PolicyResult = { readonly policy: string } & { readonly [figure in keyof PairedFigures]: Estimate }

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
 * @throws ERR_INVALID_OPTION for an unknown policy, before anything runs
 */
export async function headToHead(scenario: ResolvedScenario, options: HeadToHeadOptions): Promise<HeadToHead> {
  const policies = [...new Set(options.policies)]
  for (const policy of policies) contestantOf(policy)
  const seeds = checkInteger('seeds', options.seeds, { min: 1 })
  const figures = new Map<string, PairedFigures[]>(policies.map((policy) => [policy, []]))
  const run = (policy: string, seed: number): Promise<SimulatedRun> => {
    options.onRun?.({ policy, seed })
    return runScenario(scenario, { policy, seed, ...(options.stopwatch === undefined ? {} : { stopwatch: options.stopwatch }) })
  }
  for (let seed = 1; seed <= seeds; seed++) {
    const reference = await run(OMNISCIENT_SED.id, seed)
    for (const [policy, list] of figures) {
      list.push(pairedFigures(policy === OMNISCIENT_SED.id ? reference : await run(policy, seed), reference))
    }
  }
  return {
    format: 'peerbandit-simulation',
    version: 1,
    scenario: scenario.name,
    jobs: scenario.jobs,
    seeds,
    policies: [...figures].map(([policy, list]) => ({ policy, ...estimates(list) }))
  }
}

function estimates(runs: readonly PairedFigures[]): { readonly [figure in keyof PairedFigures]: Estimate } {
  const over = (figure: keyof PairedFigures) => estimateOf(runs.map((run) => run[figure]))
  return {
    meanMs: over('meanMs'),
    p50Ms: over('p50Ms'),
    p95Ms: over('p95Ms'),
    p99Ms: over('p99Ms'),
    successRatio: over('successRatio'),
    attempts: over('attempts'),
    loadGini: over('loadGini'),
    decisionMicros: over('decisionMicros'),
    ratioMean: over('ratioMean'),
    ratioP99: over('ratioP99')
  }
}
