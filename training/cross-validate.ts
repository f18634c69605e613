// How the baselines do on cards that they have not learned from:
//   node training/cross-validate.ts --judge localscore public.jsonl …
// Files are datasets as src/training/dataset reads them. With --judge only rows of that source are judged; the others are learned from.
import { parseArgs } from 'node:util'
import { checkInteger } from '../src/core/check.ts'
import { baselines } from '../src/training/baselines/baselines.ts'
import { readDataset } from '../src/training/dataset/dataset.ts'
import { crossValidate } from '../src/training/evaluation/cross-validate.ts'
import { crossValidationTable } from '../src/training/evaluation/table.ts'

const USAGE =
  'usage: node training/cross-validate.ts [--judge SOURCE] [--by card|row] [--folds 5] [--repeats 5] [--inner-folds 5] [--seed 1] FILE…\n'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    judge: { type: 'string' },
    by: { type: 'string', default: 'card' },
    folds: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '5' },
    'inner-folds': { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' }
  }
})

async function main(): Promise<void> {
  const rows = await readDataset(positionals)
  const { judge } = values
  const results = await crossValidate(rows, baselines(), {
    folds: checkInteger('folds', Number(values.folds), { min: 2 }),
    repeats: checkInteger('repeats', Number(values.repeats), { min: 1 }),
    innerFolds: checkInteger('inner-folds', Number(values['inner-folds'])),
    seed: BigInt(checkInteger('seed', Number(values.seed))),
    ...(values.by === 'row' ? { groupOf: (_: unknown, i: number) => String(i) } : {}),
    ...(judge === undefined ? {} : { isJudged: ({ source }: { readonly source: string }) => source === judge }),
    onFit: (model, done, total) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done} of ${total} fits: ${model}`)
    }
  })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  process.stdout.write(`${rows.length} rows\n\n${crossValidationTable(results)}\n`)
}

if (positionals.length === 0) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  await main()
}
