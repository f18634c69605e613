import { basename, dirname } from 'node:path'
import { mkdir, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { systemClock } from '../../core/clock.ts'
import { PeerbanditError } from '../../core/errors.ts'
import { checkModelName } from '../../throughput/model-registry.ts'
import { BACKENDS, type BackendName } from '../../training/running-backend.ts'
import type { FitOrigin } from '../../training/model-card.ts'
import type { FitProgress, ThroughputFit } from '../../training/throughput-fit.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { integerFrom, ratio } from '../arguments.ts'
import { untilStopped } from '../exit.ts'
import { progressBar } from '../progress-bar.ts'

interface TrainCommandOptions {
  readonly data: readonly string[]
  readonly out: string
  readonly backend?: BackendName
  readonly epochs: number
  readonly hidden: number
  readonly seed: number
  readonly judge?: string
  readonly holdBack: number
  readonly report?: string
}

export function trainCommand(): Command {
  return new Command('train')
    .description('train a throughput model on recorded runs, and show it beside baselines on GPUs that it has not learned from')
    .requiredOption('--data <file...>', 'CSV, JSON Lines, Parquet and exports of journals: files, URLs and patterns')
    .requiredOption('--out <dir/name>', 'where the model goes')
    .addOption(new Option('--backend <name>', 'what computes (default: the fastest that runs)').choices(BACKENDS))
    .option('--epochs <n>', 'passes over the rows', integerFrom(1, 100_000), 400)
    .option('--hidden <n>', 'hidden units', integerFrom(1, 1024), 32)
    .option('--seed <n>', 'another seed, another model', integerFrom(0), 1)
    .option('--judge <source>', 'rows of this source alone judge and calibrate (default: all)')
    .option('--hold-back <share>', 'of the latest rows of each source, for `model promote`', ratio, 0.2)
    .option('--report <file>', 'how good it is, as a page (HTML) that stands alone')
    .action(train)
}

interface Target {
  readonly directory: string
  readonly name: string
  readonly path: string
}

/** A model that serves, or that a rollback goes back to, stays as it is. @throws ERR_MODEL */
async function targetOf(out: string): Promise<Target> {
  const { modelStore } = await import('../../throughput/model-store.ts')
  const [directory, name] = [dirname(out), checkModelName(basename(out, '.json'))]
  const { serving, history } = await modelStore(directory).registry()
  const served = serving === null ? history : [...history, serving]
  if (served.some((each) => each.name === name)) {
    throw new PeerbanditError('ERR_MODEL', `${name} of ${directory} serves, or has served: give the new model another name`)
  }
  return { directory, name, path: `${directory}/${name}.json` }
}

function progressText({ phase, fit, fits, epoch, epochs, loss }: FitProgress): string {
  if (phase === 'baselines') return `baselines: fit ${fit} of ${fits}`
  return `fit ${fit} of ${fits} (${phase}): epoch ${epoch} of ${epochs}, loss ${loss?.toFixed(4)}`
}

/** Where the phases of a fit begin and end, as they usually last. */
const PHASES: Readonly<Record<FitProgress['phase'], readonly [start: number, end: number]>> = {
  folds: [0, 0.8],
  baselines: [0.8, 0.85],
  'all rows': [0.85, 1]
}

function progressRatio({ phase, fit, fits, epoch = 1, epochs = 1 }: FitProgress): number {
  const [start, end] = PHASES[phase]
  // The last of the network's fits is a phase of its own.
  const within = { folds: (fit - 1 + epoch / epochs) / (fits - 1), baselines: fit / fits, 'all rows': epoch / epochs }[phase]
  return start + (end - start) * within
}

interface Fitting {
  readonly rows: readonly MeasuredRow[]
  readonly origin: FitOrigin
  readonly signal: AbortSignal
}

async function fit({ rows, origin, signal }: Fitting, options: TrainCommandOptions): Promise<ThroughputFit> {
  const [{ openBackend }, { fitThroughput }] = await Promise.all([
    import('../../training/backend.ts'),
    import('../../training/throughput-fit.ts')
  ])
  const { backend: force, epochs, hidden, seed, judge } = options
  const bar = progressBar()
  const backend = await openBackend({
    ...(force !== undefined && { force }),
    announce: (line) => process.stderr.write(`${line}\n`)
  })
  try {
    return await fitThroughput(rows, backend, origin, {
      seed: BigInt(seed),
      training: { epochs, hidden },
      ...(judge !== undefined && { judge }),
      signal,
      onProgress: (progress) => {
        bar.show(progressRatio(progress), progressText(progress))
      }
    })
  } finally {
    bar.end()
    await backend.close()
  }
}

async function readRows({ data, judge, holdBack }: TrainCommandOptions, signal: AbortSignal) {
  const [{ readDataFiles }, { holdBackLatest }, { checkEnoughRows }] = await Promise.all([
    import('../../training/dataset/data-files.ts'),
    import('../../training/evaluation/hold-back.ts'),
    import('../../training/enough-rows.ts')
  ])
  const files = await readDataFiles(data, { signal })
  const { training: rows } = holdBackLatest(
    files.map((file) => file.rows),
    holdBack
  )
  checkEnoughRows(judge === undefined ? rows : rows.filter(({ source }) => source === judge))
  const origin = {
    created: new Date(systemClock.wall()).toISOString(),
    data: files.map((file) => ({ ...file, rows: file.rows.length })),
    heldBack: holdBack
  }
  return { rows, origin }
}

async function writeReport(path: string, name: string, model: string, fit: ThroughputFit): Promise<void> {
  const [{ renderTrainingReport }, { readModelDocument }] = await Promise.all([
    import('../../training/report/training-report.ts'),
    import('../../throughput/model-file.ts')
  ])
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await renderTrainingReport({ name, sha256: readModelDocument(model).sha256, fit }))
  process.stdout.write(`report: ${path}\n`)
}

async function train(options: TrainCommandOptions): Promise<void> {
  const stopped = untilStopped()
  try {
    const { directory, name, path } = await targetOf(options.out)
    const { rows, origin } = await readRows(options, stopped.signal)
    process.stderr.write(`${rows.length} rows\n`)
    const fitted = await fit({ rows, origin, signal: stopped.signal }, options)
    const [{ writeModelDocument }, { replaceFile }, { crossValidationTable }] = await Promise.all([
      import('../../throughput/model-file.ts'),
      import('../../throughput/model-store.ts'),
      import('../../training/evaluation/table.ts')
    ])
    stopped.signal.throwIfAborted()
    await mkdir(directory, { recursive: true })
    const text = writeModelDocument(fitted.content)
    await replaceFile(path, text)
    process.stdout.write(`${crossValidationTable(fitted.figures)}\n\n${path}: trained on ${rows.length} rows\n`)
    if (options.report !== undefined) await writeReport(options.report, name, text, fitted)
  } finally {
    stopped.release()
  }
}
