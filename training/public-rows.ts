// Restates public measurements as one dataset of ours:
//   node training/public-rows.ts --data DIR --out FILE.jsonl [--argonne-rows 700] [--seed 1]
// DIR holds the folders localscore, strix-halo-kyuz0, argonne-llm-inference-bench and vllm-burstgpt-load-sweep. Nothing but a GPU's name
// is taken of a GPU: what is known of it comes from data/gpus.json.
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { checkInteger } from '../src/core/check.ts'
import { pcg32 } from '../src/core/rng.ts'
import { rowOf } from '../src/training/dataset/columns.ts'
import { restateArgonne } from './restate-argonne.ts'
import { restateLocalscore } from './restate-localscore.ts'
import { restateStrix } from './restate-strix.ts'
import { restateVllm } from './restate-vllm.ts'
import type { Restated } from './restated.ts'

const USAGE = 'usage: node training/public-rows.ts --data DIR --out FILE.jsonl [--argonne-rows 700] [--seed 1]\n'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    'argonne-rows': { type: 'string', default: '700' },
    seed: { type: 'string', default: '1' }
  }
})

/** How many rows are kept and dropped, by reason. */
function countsOf(restated: readonly Restated[]): readonly (readonly [what: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const each of restated) {
    const [what, count] = 'kept' in each ? ['kept', 1] : [each.dropped, each.count ?? 1]
    if (count > 0) counts.set(what, (counts.get(what) ?? 0) + count)
  }
  return [...counts]
}

const TEXTS = new Set(['gpu', 'model', 'quant', 'os', 'engine', 'source'])

/** Sources are CSV: their numbers are texts. */
function withNumbers(record: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, TEXTS.has(name) ? value : Number(value)]))
}

async function main(data: string, out: string): Promise<void> {
  const seed = BigInt(checkInteger('seed', Number(values.seed)))
  const rows = checkInteger('argonne-rows', Number(values['argonne-rows']), { min: 1 })
  const sources = {
    localscore: await restateLocalscore(data),
    'strix-halo': await restateStrix(data),
    argonne: await restateArgonne(data, { rows, rng: pcg32(seed, 1) }),
    'vllm-sweep': await restateVllm(data, pcg32(seed, 2))
  }
  const file = createWriteStream(out)
  let row = 0
  for (const [source, restated] of Object.entries(sources)) {
    for (const each of restated) {
      if (!('kept' in each)) continue
      const record = withNumbers(each.kept)
      rowOf(record, { path: source, row: ++row }, source)
      file.write(`${JSON.stringify(record)}\n`)
    }
    for (const [what, count] of countsOf(restated))
      process.stdout.write(`${source.padEnd(12)} ${String(count).padStart(6)}  ${what}\n`)
  }
  file.end()
  await once(file, 'finish')
  process.stdout.write(`${row} rows in ${out}\n`)
}

if (values.data === undefined || values.out === undefined) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  await main(values.data, values.out)
}
