import { MISSING } from '../../../src/experiment/format.ts'
import type { ContestantKind } from '../../../src/simulation/contestant.ts'
import { OUTCOMES, type PairedOutcome, type PairedRatio } from '../../../src/simulation/paired-ratio.ts'
import type { PlotFile } from './plots.ts'
import { MAIN_POLICIES } from './policies.ts'
import type { BenchResults, ScenarioResult } from './results.ts'
import { scenarioSection } from './scenario-markdown.ts'
import { type BestRival, bestRivalOf, matrixOf, type RoutingNote, shortfallsOf, tallyOf } from './summary.ts'
import { markdownTable } from './markdown-table.ts'

export interface MarkdownOptions {
  /** How to make the page again. */
  readonly command: string
  readonly notes: readonly RoutingNote[]
  readonly plots: readonly PlotFile[]
}

/** A page in Markdown. */
export interface Page {
  /** From the directory of the first page. */
  readonly path: string
  readonly text: string
}

/** The page that says it all in short, `<name>.md`, and those with everything beside it, in the folder `<name>`. */
export function benchPages(results: BenchResults, name: string, { command, notes, plots }: MarkdownOptions): readonly Page[] {
  const parts = [
    introduction(results, command),
    tallies(results),
    ratios(results, name),
    ...plots.map(({ path, title }) => `## ${title}\n\n![${title}](${path})`),
    bestRivals(results),
    shortfalls(results, notes),
    totals(results, name)
  ]
  return [
    { path: `${name}.md`, text: parts.join('\n\n') },
    { path: `${name}/everybody.md`, text: matrix(results) },
    ...results.scenarios.map((scenario) => ({
      path: `${name}/${pageName(scenario)}.md`,
      text: scenarioSection(scenario, results.plan)
    }))
  ].map(({ path, text }) => ({ path, text: `${text}\n` }))
}

/** A scenario of one's own may be named like no file can be. */
function pageName({ name }: ScenarioResult): string {
  return name.replaceAll(/[^\w.-]+/g, '-')
}

function introduction({ plan, source }: BenchResults, command: string): string {
  const { title, ours, scenarios, policies, seeds } = plan
  return `# ${title}

${policies.length} contestants in ${scenarios.length} scenarios of the simulator, ${seeds} seeds each: \`${command}\`, sources ${source}.
A seed draws the jobs and what goes wrong, the same for all; differences are taken seed by seed. Every contestant runs in the same
router with the same retries, limits and cool-downs. A failed job counts with its deadline.

± is half a 95 % interval over the seeds. × is to the omniscient router \`omniscient-sed\`. Ours is \`${ours}\`: "ours over theirs" below 1
is better. A win or a loss is one whose 95 % interval (Student's, of the logarithm of the paired ratio) excludes 1; all else is a tie.
What a decision takes is measured while other runs go on beside it; all other figures are the same on every machine.`
}

const KINDS: Readonly<Record<ContestantKind, string>> = {
  rival: 'rules of other systems',
  arm: 'its own arms alone',
  policy: 'other policies over its arms',
  ablation: 'itself without a part',
  bound: 'bounds'
}

function tallies(results: BenchResults): string {
  const kindOf = new Map(results.plan.policies.map(({ id, kind }) => [id, kind]))
  const rows = Object.entries(KINDS).flatMap(([kind, name]) => {
    const cells = matrixOf(results).flatMap((row) => (kindOf.get(row.rival) === kind ? row.cells : []))
    return cells.length === 0 ? [] : [[name, tally(cells.map(({ mean }) => mean)), tally(cells.map(({ p99 }) => p99))]]
  })
  return `## Wins, ties and losses\n\n${markdownTable([`\`${results.plan.ours}\` against`, 'mean: win / tie / loss', 'p99: win / tie / loss'], rows)}`
}

function tally(ratios: readonly PairedRatio[]): string {
  const counts = tallyOf(ratios)
  return OUTCOMES.map((outcome) => counts[outcome]).join(' / ')
}

/** 0.874 (0.861–0.887) */
function ratioWithInterval({ ratio, low, high }: PairedRatio): string {
  return low === null || high === null ? ratio.toFixed(3) : `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
}

function bestRivals({ scenarios }: BenchResults): string {
  const cells = (best: BestRival | undefined) =>
    best === undefined ? [MISSING, MISSING] : [`\`${best.rival}\``, ratioWithInterval(best.ours)]
  const rows = scenarios.map((scenario) => [
    scenario.name,
    ...cells(bestRivalOf(scenario, 'mean')),
    ...cells(bestRivalOf(scenario, 'p99'))
  ])
  const head = ['scenario', 'least mean', 'ours over theirs', 'least p99', 'ours over theirs']
  return `## The best rival of each scenario\n\n${markdownTable(head, rows, [0, 1, 3])}`
}

function shortfalls(results: BenchResults, notes: readonly RoutingNote[]): string {
  const title = '## Where another is ahead by more than 5 %'
  const rows = shortfallsOf(results, notes).map(({ scenario, rival, figure, ours, why }) => [
    scenario,
    `\`${rival}\``,
    figure,
    ratioWithInterval(ours),
    ours.outcome === 'loss' ? 'yes' : 'no',
    why ?? 'not explained yet'
  ])
  if (rows.length === 0) return `${title}\n\nNowhere.`
  return `${title}\n\n${markdownTable(['scenario', 'ahead', 'in', 'ours over theirs', 'beyond doubt', 'why'], rows, [0, 1, 2, 4, 5])}`
}

/** Ours and those that most will look for; where there are none of them, all: mean and p99 over the omniscient router's. */
function ratios({ plan, scenarios }: BenchResults, name: string): string {
  const others = plan.policies.filter(({ id }) => id !== plan.ours).map(({ id }) => id)
  const main = MAIN_POLICIES.filter((id) => others.includes(id))
  const shown = [plan.ours, ...(main.length > 0 ? main : others)]
  const rows = scenarios.map((scenario) => {
    const cells = shown.map((id) => {
      const result = scenario.policies.find(({ policy }) => policy === id)
      return result === undefined ? MISSING : `${result.ratioMean.mean.toFixed(2)} (${result.ratioP99.mean.toFixed(2)})`
    })
    return [`[${scenario.name}](${name}/${pageName(scenario)}.md)`, ...cells]
  })
  const about = 'Mean time over that of the omniscient router, and p99 over its p99.'
  return `## Every scenario\n\n${about}\n\n${markdownTable(['scenario', ...shown.map((id) => `\`${id}\``)], rows)}`
}

function totals(results: BenchResults, name: string): string {
  const rows = matrixOf(results).map(({ rival, cells }) => [
    `\`${rival}\``,
    tally(cells.map(({ mean }) => mean)),
    tally(cells.map(({ p99 }) => p99))
  ])
  const table = markdownTable(['against', 'mean: win / tie / loss', 'p99: win / tie / loss'], rows)
  return `## Everybody\n\n[Scenario by scenario](${name}/everybody.md).\n\n${table}`
}

const SIGNS: Readonly<Record<PairedOutcome, string>> = { win: '+', tie: '=', loss: '−' }

/** A table with more columns of scenarios cannot be read. */
const SCENARIOS_A_TABLE = 12

function matrix(results: BenchResults): string {
  const rows = matrixOf(results)
  const names = results.scenarios.map(({ name }) => name)
  const parts = Array.from({ length: Math.ceil(names.length / SCENARIOS_A_TABLE) }, (_, part) => {
    const shown = <T>(list: readonly T[]) => list.slice(part * SCENARIOS_A_TABLE, (part + 1) * SCENARIOS_A_TABLE)
    const signs = rows.map(({ rival, cells }) => [
      `\`${rival}\``,
      ...shown(cells).map(({ mean, p99 }) => `${SIGNS[mean.outcome]} ${SIGNS[p99.outcome]}`)
    ])
    return markdownTable(['against', ...shown(names)], signs)
  })
  const about = `Mean, then p99: + a win of \`${results.plan.ours}\`, = a tie, − a loss.`
  return `# Everybody, everywhere\n\n${about}\n\n${parts.join('\n\n')}`
}
