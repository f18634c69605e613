// How the baselines, and with --with-model the network, do on what they have not learned from:
//   node training/cross-validate.ts --judge localscore public.jsonl …
//   node training/cross-validate.ts --with-model --repeats 1 --judge argonne --folds 7 public.jsonl
//   node training/cross-validate.ts --with-model --repeats 1 --judge vllm-sweep --by load public.jsonl
// Files are datasets as src/training/dataset reads them. With --judge only rows of that source are judged; the others are learned from.
// --by says what is on one side only: a card, a load (requests side by side, within a factor of two), or no more than a row.
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
import { crossValidationTable } from '../src/training/evaluation/table.ts'
import { neuralModel } from '../src/training/neural-model.ts'
import { BACKENDS } from '../src/training/running-backend.ts'

const USAGE =
  'usage: node training/cross-validate.ts [--with-model] [--backend wasm] [--judge SOURCE] [--by card|load|row] [--folds 5] [--repeats 5] [--inner-folds 5] [--seed 1] FILE…\n'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'with-model': { type: 'boolean', default: false },
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

async function network(seed: bigint): Promise<ThroughputModel> {
  const backend = await openBackend({ force: checkOneOf('backend', values.backend, BACKENDS) })
  return neuralModel(backend, { rng: () => pcg32(seed, FIT_STREAM) })
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
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done} of ${total} fits: ${model}`)
    }
  }
}

async function main(): Promise<void> {
  const rows = await readDataset(positionals)
  const seed = BigInt(checkInteger('seed', Number(values.seed)))
  const models = [...(values['with-model'] ? [await network(seed)] : []), ...baselines()]
  const results = await crossValidate(rows, models, optionsFor(rows, seed))
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  process.stdout.write(`${rows.length} rows\n\n${crossValidationTable(results)}\n`)
}

if (positionals.length === 0) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  await main()
}
