import { meanOf } from '../../../src/math/quantile.ts'
import type { ContestantKind } from '../../../src/simulation/contestant.ts'
import { type PolicyResult, policyResult } from '../../../src/simulation/head-to-head.ts'
import { type PairedRatio, pairedRatio } from '../../../src/simulation/paired-ratio.ts'
import { QUANTILES, type RunReport } from '../../../src/simulation/run-report.ts'
import type { ResolvedScenario } from '../../../src/simulation/scenario/scenario.ts'

/** What is compared with what. */
export interface BenchPlan {
  readonly title: string
  /** Compared with all others. */
  readonly ours: string
  readonly policies: readonly { readonly id: string; readonly kind: ContestantKind; readonly title: string }[]
  readonly scenarios: readonly ResolvedScenario[]
  readonly seeds: number
}

/** Ours over a rival's, seed by seed. */
export interface Comparison {
  readonly rival: string
  readonly mean: PairedRatio
  readonly p99: PairedRatio
}

export const FIGURES = ['mean', 'p99'] as const

export interface ScenarioResult {
  readonly name: string
  readonly description: string
  readonly jobs: number
  /** By mean time, the best first; bounds too. */
  readonly policies: readonly PolicyResult[]
  /** With everything but bounds, in the same order. */
  readonly comparisons: readonly Comparison[]
  /** Times at the shares {@link QUANTILES} of the jobs, ms, means over the seeds: by policy. */
  readonly quantilesMs: ReadonlyMap<string, readonly number[]>
}

export interface BenchResults {
  readonly plan: BenchPlan
  /** Of the sources that ran. */
  readonly source: string
  readonly scenarios: readonly ScenarioResult[]
}

/** Reports of one policy in one scenario, seed by seed. */
export type ReportsOf = (scenario: ResolvedScenario, policy: string) => readonly RunReport[]

/** Works all figures out of the reports of the runs. */
export function benchResults(plan: BenchPlan, source: string, reportsOf: ReportsOf): BenchResults {
  return { plan, source, scenarios: plan.scenarios.map((scenario) => scenarioResult(plan, scenario, reportsOf)) }
}

function scenarioResult({ ours, policies }: BenchPlan, scenario: ResolvedScenario, reportsOf: ReportsOf): ScenarioResult {
  const own = reportsOf(scenario, ours)
  const results = policies
    .map(({ id, kind }) => ({ kind, reports: reportsOf(scenario, id), result: policyResult(id, reportsOf(scenario, id)) }))
    .sort((a, b) => a.result.meanMs.mean - b.result.meanMs.mean)
  const rivals = results.filter(({ kind, result }) => kind !== 'bound' && result.policy !== ours)
  return {
    name: scenario.name,
    description: scenario.description,
    jobs: scenario.jobs,
    policies: results.map(({ result }) => result),
    comparisons: rivals.map(({ result, reports }) => ({ rival: result.policy, ...comparisonOf(own, reports) })),
    quantilesMs: new Map(results.map(({ result, reports }) => [result.policy, meanQuantiles(reports)]))
  }
}

function comparisonOf(ours: readonly RunReport[], theirs: readonly RunReport[]): Omit<Comparison, 'rival'> {
  const over = (figure: 'meanMs' | 'p99Ms') =>
    pairedRatio(
      ours.map((report) => report[figure]),
      theirs.map((report) => report[figure])
    )
  return { mean: over('meanMs'), p99: over('p99Ms') }
}

function meanQuantiles(reports: readonly RunReport[]): readonly number[] {
  return QUANTILES.map((_, i) => meanOf(reports.map(({ quantilesMs }) => quantilesMs[i])))
}

const DIGITS = 4

/** An estimate as [mean, low, high], numbers with four digits: the document has some ten thousand of them. */
function compactly(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(DIGITS))
  if (typeof value !== 'object' || value === null || !('mean' in value && 'low' in value && 'high' in value)) return value
  return [value.mean, value.low, value.high]
}

/** The results as a JSON document, a line a policy and a line a comparison. Estimates are [mean, low, high]. */
export function resultsJson({ plan, source, scenarios }: BenchResults): string {
  const compact = (value: unknown) => JSON.stringify(value, compactly)
  const list = (items: readonly unknown[]) => `[\n${items.map((item) => `    ${compact(item)}`).join(',\n')}\n   ]`
  const entries = scenarios.map(({ name, description, jobs, policies, comparisons }) => {
    const head = `"name": ${compact(name)}, "description": ${compact(description)}, "jobs": ${jobs}`
    return `  { ${head},\n   "policies": ${list(policies)},\n   "comparisons": ${list(comparisons)} }`
  })
  const head = `"format": "peerbandit-routing", "version": 1, "estimates": ["mean", "low", "high"], "ours": ${compact(plan.ours)}, "seeds": ${plan.seeds}, "source": ${compact(source)}`
  return `{ ${head},\n "scenarios": [\n${entries.join(',\n')}\n ] }\n`
}
