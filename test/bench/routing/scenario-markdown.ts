import { formatNumber, MISSING } from '../../../src/experiment/format.ts'
import type { Estimate, PairedFigures } from '../../../src/simulation/figures.ts'
import type { PolicyResult } from '../../../src/simulation/head-to-head.ts'
import { markdownTable } from './markdown-table.ts'
import { MAIN_POLICIES } from './policies.ts'
import type { BenchPlan, ScenarioResult } from './results.ts'

interface Column {
  readonly title: string
  readonly figure: keyof PairedFigures
  readonly format: (value: number) => string
}

const seconds = (ms: number) => formatNumber(ms / 1000)
const three = (value: number) => value.toFixed(3)

const COLUMNS: readonly Column[] = [
  { title: '× mean', figure: 'ratioMean', format: three },
  { title: '× p99', figure: 'ratioP99', format: three },
  { title: 'mean, s', figure: 'meanMs', format: seconds },
  { title: 'p50, s', figure: 'p50Ms', format: seconds },
  { title: 'p95, s', figure: 'p95Ms', format: seconds },
  { title: 'p99, s', figure: 'p99Ms', format: seconds },
  { title: 'success, %', figure: 'successRatio', format: (value) => (100 * value).toFixed(2) },
  { title: 'attempts', figure: 'attempts', format: three },
  { title: 'Gini', figure: 'loadGini', format: three },
  { title: 'decision, µs', figure: 'decisionMicros', format: (value) => value.toFixed(0) }
]

function withInterval({ mean, high }: Estimate, format: (value: number) => string): string {
  return high === null ? format(mean) : `${format(mean)} ±${format(high - mean)}`
}

function named(policy: string, { ours, policies }: BenchPlan): string {
  if (policy === ours) return `**\`${policy}\`**`
  return policies.find(({ id }) => id === policy)?.kind === 'bound' ? `*\`${policy}\`*` : `\`${policy}\``
}

/** Everything about one scenario. */
export function scenarioSection(scenario: ScenarioResult, plan: BenchPlan): string {
  const { name, description, jobs, policies } = scenario
  const rows = policies.map((result) => [
    named(result.policy, plan),
    ...COLUMNS.map(({ figure, format }) => withInterval(result[figure], format))
  ])
  const parts = [
    `# ${name}\n\n${description[0].toUpperCase()}${description.slice(1)}. ${jobs} jobs; bounds are in italics.`,
    markdownTable(['policy', ...COLUMNS.map(({ title }) => title)], rows),
    learningTable(scenario, plan)
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function estimateCell(estimate: Estimate | null | undefined, format: (value: number) => string): string {
  return estimate === null || estimate === undefined ? MISSING : withInterval(estimate, format)
}

/** What the policies that most will look for show of learning, as far as the scenario has the occasion. */
function learningTable({ policies }: ScenarioResult, plan: BenchPlan): string {
  const wanted = new Set([plan.ours, ...MAIN_POLICIES])
  const main = policies.filter(({ policy }) => wanted.has(policy))
  const shown = main.length > 1 ? main : policies
  const columns = learningColumns(shown)
  if (columns.length === 0) return ''
  const rows = shown.map((result) => [named(result.policy, plan), ...columns.map(({ text }) => text(result))])
  return markdownTable(['policy', ...columns.map(({ title }) => title)], rows)
}

interface LearningColumn {
  readonly title: string
  readonly text: (result: PolicyResult) => string
}

function recoveryText({ recoveryJobs, recoveredRatio }: PolicyResult): string {
  const jobs = estimateCell(recoveryJobs, (value) => value.toFixed(0))
  return recoveredRatio === 1 ? jobs : `${jobs} in ${(100 * (recoveredRatio ?? 0)).toFixed(0)} % of the runs`
}

function learningColumns(policies: readonly PolicyResult[]): readonly LearningColumn[] {
  const groups = (key: 'shareByGroup' | 'attemptShareAfterFailures') => [
    ...new Set(policies.flatMap((result) => Object.keys(result[key] ?? {})))
  ]
  const columns: LearningColumn[] = []
  if (policies.some(({ ratioFirst100 }) => ratioFirst100 !== undefined)) {
    columns.push({ title: 'first 100 jobs, ×', text: ({ ratioFirst100 }) => estimateCell(ratioFirst100, three) })
  }
  if (policies.some(({ recoveryJobs }) => recoveryJobs !== undefined)) {
    columns.push({ title: 'jobs until recovered', text: recoveryText })
  }
  for (const group of groups('shareByGroup')) {
    columns.push({ title: `${group}: share over fair share`, text: (result) => shareText(result, group) })
  }
  for (const group of groups('attemptShareAfterFailures')) {
    const text = ({ attemptShareAfterFailures }: PolicyResult) =>
      estimateCell(attemptShareAfterFailures?.[group], (value) => (100 * value).toFixed(2))
    columns.push({ title: `${group}: attempts after 50 failures, %`, text })
  }
  return columns
}

/** Where a group can do nothing, its share itself. */
function shareText({ shareByGroup }: PolicyResult, group: string): string {
  const share = shareByGroup?.[group]
  if (share === undefined) return MISSING
  if (share.ofFairShare === null) return `${(100 * share.share.mean).toFixed(2)} % of nothing`
  return withInterval(share.ofFairShare, (value) => value.toFixed(2))
}
