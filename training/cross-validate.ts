// How the baselines, and with --with-model the network, do on what they have not learned from:
//   node training/cross-validate.ts --judge localscore public.jsonl …
//   node training/cross-validate.ts --with-model --repeats 1 --judge argonne --folds 7 public.jsonl
//   node training/cross-validate.ts --with-model --repeats 1 --judge vllm-sweep --by load public.jsonl
//   node training/cross-validate.ts --with-model --leave-source-out --judge localscore public.jsonl
// Files are datasets as src/training/dataset reads them. With --judge only rows of that source are judged; the others are learned from.
// --by says what is on one side only: a card, a load (requests side by side, within a factor of two), or no more than a row.
// With --leave-source-out each source is judged by what was learned from the others without its cards; --judge then calibrates.
import { parseArgs } from 'node:util'
import { checkInteger, checkOneOf } from '../src/core/check.ts'
import { pcg32 } from '../src/core/rng.ts'
import type { MeasuredRow } from '../src/throughput/measured-row.ts'
import { openBackend } from '../src/training/backend.ts'
import { baselines } from '../src/training/baselines/baselines.ts'
import { readDataset } from '../src/training/dataset/dataset.ts'
import { cardOf } from '../src/training/evaluation/card.ts'
import { crossValidate, type CrossValidationOptions } from '../src/training/evaluation/cross-validate.ts'
import type { ThroughputModel } from '../src/training/evaluation/model.ts'
import { leaveSourceOut } from '../src/training/evaluation/leave-source-out.ts'
import { sourceSplits } from '../src/training/evaluation/source-splits.ts'
import { crossValidationTable } from '../src/training/evaluation/table.ts'
import { neuralModel } from '../src/training/neural-model.ts'
import { BACKENDS } from '../src/training/running-backend.ts'
import { trainedModel } from '../src/training/trained-model.ts'

const USAGE =
  'usage: node training/cross-validate.ts [--with-model] [--leave-source-out] [--backend wasm] [--judge SOURCE] [--by card|load|row] [--folds 5] [--repeats 5] [--inner-folds 5] [--seed 1] FILE…\n'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'with-model': { type: 'boolean', default: false },
    'leave-source-out': { type: 'boolean', default: false },
    backend: { type: 'string', default: 'wasm' },
    judge: { type: 'string' },
    by: { type: 'string', default: 'card' },
    folds: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '5' },
    'inner-folds': { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' }
  }
})

const GROUPS = {
  card: ({ query }: MeasuredRow) => cardOf(query),
  load: ({ query, source }: MeasuredRow) => `${source} ${Math.round(Math.log2(query.concurrency ?? 1))}`,
  row: (_: MeasuredRow, i: number) => String(i)
}

function isLoaded({ query }: MeasuredRow): boolean {
  return (query.concurrency ?? 1) > 1
}

const PARTS = { 'single stream': (row: MeasuredRow) => !isLoaded(row), 'under load': isLoaded }

/** As `train` fits it by the same seed. */
const FIT_STREAM = 1_000

/** The bare network, which cross-validation calibrates; or with its own calibration, where no row of its source may. */
async function network(seed: bigint): Promise<ThroughputModel> {
  const { judge } = values
  const backend = await openBackend({ force: checkOneOf('backend', values.backend, BACKENDS) })
  if (values['leave-source-out']) return trainedModel(backend, { seed, ...(judge !== undefined && { judge }) })
  return neuralModel(backend, { rng: () => pcg32(seed, FIT_STREAM) })
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function optionsFor(rows: readonly MeasuredRow[], seed: bigint): CrossValidationOptions {
  const { judge } = values
  const isJudged = ({ source }: MeasuredRow) => judge === undefined || source === judge
  return {
    folds: checkInteger('folds', Number(values.folds), { min: 2 }),
    repeats: checkInteger('repeats', Number(values.repeats), { min: 1 }),
    innerFolds: checkInteger('inner-folds', Number(values['inner-folds'])),
    seed,
    groupOf: GROUPS[checkOneOf('by', values.by, ['card', 'load', 'row'] as const)],
    isJudged,
    ...(rows.some((row) => isJudged(row) && isLoaded(row)) && { parts: PARTS }),
    onFit: (model, done, total) => {
      showProgress(`${done} of ${total} fits: ${model}`)
    }
  }
}

async function acrossSources(rows: readonly MeasuredRow[], models: readonly ThroughputModel[]): Promise<void> {
  for (const split of sourceSplits(rows)) {
    const { source, held, training } = split
    const results = await leaveSourceOut(split, models, { parts: PARTS, onFit: (model) => showProgress(`${source}: ${model}`) })
    showProgress('')
    process.stdout.write(
      `\n# ${source}: ${held.length} rows, by ${training.length} of others\n\n${crossValidationTable(results)}\n`
    )
  }
}

async function main(): Promise<void> {
  const rows = await readDataset(positionals)
  const seed = BigInt(checkInteger('seed', Number(values.seed)))
  const models = [...(values['with-model'] ? [await network(seed)] : []), ...baselines()]
  process.stdout.write(`${rows.length} rows\n`)
  if (values['leave-source-out']) return acrossSources(rows, models)
  const results = await crossValidate(rows, models, optionsFor(rows, seed))
  showProgress('')
  process.stdout.write(`\n${crossValidationTable(results)}\n`)
}

if (positionals.length === 0) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  await main()
}
