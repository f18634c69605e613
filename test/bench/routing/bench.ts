import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitStatusOf, report, untilStopped } from '../../../src/cli/exit.ts'
import { checkText } from '../../../src/core/check.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { messageOf, PeerbanditError } from '../../../src/core/errors.ts'
import { runAll } from '../../../src/simulation/run-pool.ts'
import type { RunReport, RunTask } from '../../../src/simulation/run-report.ts'
import { benchPages } from './markdown.ts'
import { type BenchOptions, benchOptions, type BenchProgram } from './options.ts'
import { benchPlots } from './plots.ts'
import { progressMeter } from './progress.ts'
import { type BenchPlan, benchResults, type BenchResults, resultsJson } from './results.ts'
import { RunStore } from './run-store.ts'
import { runKeys, sourceVersion } from './source-version.ts'
import type { RoutingNote } from './summary.ts'

const NOTES = new URL('../routing-notes.json', import.meta.url)

/** A whole program: runs what is not done yet, and writes the page. */
export async function bench(program: BenchProgram): Promise<void> {
  const stopped = untilStopped()
  try {
    const options = await benchOptions(program, process.argv.slice(2))
    const notes = readNotes()
    const results = await runMissing(options, stopped.signal)
    await publish(program, options, { results, notes })
  } catch (error) {
    if (stopped.signal.aborted) tell('stopped; what is done is kept, the same command goes on from here')
    report(error)
    process.exitCode = exitStatusOf(error)
  } finally {
    stopped.release()
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * Seed by seed, so that what is done when it is stopped is all scenarios with fewer seeds; what a scenario and a seed share is worked out
 * once.
 */
function tasksOf({ scenarios, policies, seeds }: BenchPlan): readonly RunTask[] {
  return Array.from({ length: seeds }, (_, i) =>
    scenarios.flatMap((scenario) => policies.map(({ id }) => ({ scenario, policy: id, seed: i + 1 })))
  ).flat()
}

async function runMissing({ plan, out, workers }: BenchOptions, signal: AbortSignal): Promise<BenchResults> {
  const source = sourceVersion()
  const store = new RunStore(out)
  for (const { name } of plan.scenarios) store.load(name)
  const keyOf = runKeys(source)
  const tasks = tasksOf(plan)
  const missing = tasks.filter(({ scenario, policy, seed }) => store.get(keyOf(scenario, policy, seed)) === undefined)
  tell(`${tasks.length} runs, ${tasks.length - missing.length} of them done before; ${workers} side by side, kept in ${out}`)
  const progress = progressMeter({ total: missing.length, clock: systemClock, write: (line) => process.stderr.write(line) })
  await runAll(missing, {
    workers,
    signal,
    onReport: (task, report) => {
      const { scenario, policy, seed } = task
      store.add(scenario.name, { key: keyOf(scenario, policy, seed), policy, seed, report })
      progress(`${scenario.name}, ${policy}, seed ${seed}`)
    }
  })
  return benchResults(plan, source.all, (scenario, policy) =>
    Array.from({ length: plan.seeds }, (_, i) => store.get(keyOf(scenario, policy, i + 1)) as RunReport)
  )
}

/** Read before hours of runs, so that a slip in it is found at once. @throws ERR_INVALID_OPTION */
function readNotes(): readonly RoutingNote[] {
  try {
    const notes = JSON.parse(readFileSync(NOTES, 'utf8')) as readonly RoutingNote[]
    for (const { scenario, rival, why } of notes) [scenario, rival, why].forEach((text) => checkText('notes', text))
    return notes
  } catch (cause) {
    const wanted = `${NOTES.pathname} must be a list of { scenario, rival, why }`
    throw new PeerbanditError('ERR_INVALID_OPTION', `${wanted}: ${messageOf(cause)}`, { cause })
  }
}

interface Findings {
  readonly results: BenchResults
  readonly notes: readonly RoutingNote[]
}

async function publish({ name }: BenchProgram, { docs, command }: BenchOptions, { results, notes }: Findings): Promise<void> {
  const plots = await benchPlots(results, name)
  mkdirSync(join(docs, name), { recursive: true })
  for (const { path, svg } of plots) writeFileSync(join(docs, path), svg)
  writeFileSync(join(docs, `${name}.json`), resultsJson(results))
  const pages = benchPages(results, name, { command, notes, plots })
  for (const { path, text } of pages) writeFileSync(join(docs, path), text)
  tell(
    `written: ${join(docs, `${name}.md`)}, ${join(docs, `${name}.json`)}, ${pages.length - 1} pages and ${plots.length} figures in ${join(docs, name)}`
  )
}
