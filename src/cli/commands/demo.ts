import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { whenAborted } from '../../core/abort.ts'
import type { ComparisonReport } from '../../experiment/comparison-types.ts'
import { integerFrom, positive } from '../arguments.ts'
import { untilStopped } from '../exit.ts'
import { removeSwarmFile, writeSwarmFile } from '../swarm-file.ts'

interface DemoCommandOptions {
  readonly jobs: number
  readonly minutes?: number
  readonly seed: number
  readonly out: string
  readonly trace?: string
  readonly weights?: string
  readonly journal: string
  readonly fresh?: true
  readonly utilisation: number
  readonly serve?: true
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('run the same jobs through two real local swarms, one adaptive, one under static weights, and compare')
    .option('--jobs <n>', 'how many jobs', integerFrom(2, 100_000), 400)
    .option('--minutes <m>', 'no job arrives after so many minutes', positive)
    .option('--seed <n>', 'decides the workload and what goes wrong', integerFrom(0), 11)
    .option('--out <file>', 'the report: JSON, with the page beside it as .html', 'peerbandit-report.json')
    .option('--trace <csv>', 'a recorded trace: arrivals and token lengths (default: a generator fitted to one)')
    .option('--weights <json>', 'weight tables in place of, or beside, those of the eight algorithms')
    .option('--journal <dir>', 'where decisions, outcomes and everything learned are kept', '.peerbandit/demo')
    .option('--fresh', 'forget what earlier runs learned')
    .option('--utilisation <u>', 'offered load over what the swarm can carry', positive, 0.6)
    .option('--serve', 'keep the adaptive swarm up afterwards, for "peerbandit infer" and "peerbandit peers"')
    .action(demo)
}

async function demo(options: DemoCommandOptions): Promise<void> {
  const [{ readAlgorithms }, { runDemo }, { demoScreen }] = await Promise.all([
    import('../weights-file.ts'),
    import('../../demo/demo.ts'),
    import('../../demo/demo-screen.ts')
  ])
  const paths = reportPaths(options.out)
  const algorithms = options.weights === undefined ? undefined : await readAlgorithms(options.weights)
  const stopped = untilStopped()
  const screen = demoScreen()
  const { report, adaptive, stop } = await runDemo(
    {
      jobs: options.jobs,
      seed: options.seed,
      utilisation: options.utilisation,
      journal: options.journal,
      fresh: options.fresh ?? false,
      command: commandOf(options),
      signal: stopped.signal,
      ...(options.minutes === undefined ? {} : { minutes: options.minutes }),
      ...(options.trace === undefined ? {} : { trace: options.trace }),
      ...(algorithms === undefined ? {} : { algorithms })
    },
    screen
  )
  try {
    await writeReport(paths, report)
    if (options.serve === true) await serve(adaptive.swarm.bootstrap, stopped.signal)
  } finally {
    await stop()
    stopped.release()
  }
}

async function writeReport({ json, html }: ReportPaths, report: ComparisonReport): Promise<void> {
  const { text, page } = await renderBoth(report)
  await writeFile(json, `${JSON.stringify(report, undefined, 1)}\n`)
  await writeFile(html, page)
  process.stdout.write(`\n${text}\n\nReport: ${html} (page) and ${json} (data)\n`)
}

async function renderBoth(report: ComparisonReport) {
  const [{ renderReportText }, { renderReportHtml }] = await Promise.all([
    import('../../experiment/report-text.ts'),
    import('../../experiment/report-html.ts')
  ])
  return { text: renderReportText(report), page: await renderReportHtml(report) }
}

/** Keeps the swarm up until Ctrl-C. */
async function serve(bootstrap: readonly string[], signal: AbortSignal): Promise<void> {
  const { DEMO_MODEL } = await import('../../demo/demo-plan.ts')
  await writeSwarmFile({ bootstrap, model: DEMO_MODEL })
  process.stdout.write(
    `\nThe swarm stays up at ${bootstrap.join(' ')}\nTry "peerbandit infer 'why is the sky blue?'" in another terminal. Ctrl-C ends it.\n`
  )
  await whenAborted(signal)
  await removeSwarmFile()
}

interface ReportPaths {
  readonly json: string
  readonly html: string
}

/** Either of the two may be named; the other lies beside it. */
function reportPaths(out: string): ReportPaths {
  const base = out.replace(/\.(json|html)$/, '')
  return { json: out.endsWith('.html') ? `${base}.json` : out, html: `${base}.html` }
}

/** The call that repeats this run from the same start. */
function commandOf({ jobs, seed, trace, minutes, utilisation }: DemoCommandOptions): string {
  const words = ['npm start -- --fresh', `--seed ${seed}`, `--jobs ${jobs}`]
  if (minutes !== undefined) words.push(`--minutes ${minutes}`)
  if (trace !== undefined) words.push(`--trace ${trace}`)
  if (utilisation !== 0.6) words.push(`--utilisation ${utilisation}`)
  return words.join(' ')
}
