// Restates a fleet of machines as they were measured:
//   node training/measured-fleet.ts --rows public.jsonl [--out data/fleet/measured.json] [--rest rest.jsonl]
// ROWS is what training/public-rows.ts writes. REST gets its rows of all other cards, for a model that has seen none of the fleet's.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { cardOf } from '../src/training/evaluation/card.ts'
import { readDataset } from '../src/training/dataset/dataset.ts'
import type { MeasuredRow } from '../src/throughput/measured-row.ts'
import { parseModelName } from '../src/catalogue/model-name.ts'

const SOURCES = [
  {
    name: 'Tokens/s of machines that people measured with LocalScore, models of 8 billion parameters at four bits',
    origin: 'https://www.localscore.ai, as scraped by https://github.com/d893a/localscore-insights at a4f8174'
  }
]

const MACHINES = 40
const MODEL = 'llama3.1:8b-instruct-q4_K_M'

type Measured = MeasuredRow & { readonly tokensPerSecond: number }

function isMeasured(row: MeasuredRow): row is Measured {
  const { source, tokensPerSecond, query } = row
  const { paramsB = 0 } = parseModelName(query.model ?? '')
  const isModel = Math.round(paramsB) === 8 && query.quant?.startsWith('Q4') === true
  return source === 'localscore' && tokensPerSecond !== undefined && isModel
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    out: { type: 'string', default: 'data/fleet/measured.json' },
    rest: { type: 'string' }
  }
})

interface Line {
  readonly gpu: string
  readonly vram_gb?: number
}

/** The lines of a file that are of none of the machines' cards. */
async function linesOfOthers(path: string, machines: readonly { readonly gpu: string; readonly vramGb: number }[]) {
  const cards = new Set(machines.map(cardOf))
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  return lines.filter((line) => {
    const { gpu, vram_gb: vramGb } = JSON.parse(line) as Line
    return !cards.has(cardOf({ gpu, ...(vramGb !== undefined && { vramGb }) }))
  })
}

if (values.rows === undefined) {
  process.stderr.write('usage: node training/measured-fleet.ts --rows FILE.jsonl [--out PATH] [--rest FILE.jsonl]\n')
  process.exitCode = 2
} else {
  const measured = (await readDataset([values.rows])).filter(isMeasured)
  const bySpeed = measured.toSorted((a, b) => a.tokensPerSecond - b.tokensPerSecond)
  // The middle of each of as many parts: of every speed as many as there were.
  const machines = Array.from({ length: MACHINES }, (_, i) => {
    const { query, tokensPerSecond } = bySpeed[Math.floor(((i + 0.5) * bySpeed.length) / MACHINES)]
    return { gpu: query.gpu ?? '', vramGb: query.vramGb ?? 0, tokensPerSecond }
  })
  await writeFile(values.out, `${JSON.stringify({ sources: SOURCES, parameters: { model: MODEL, machines } }, undefined, 2)}\n`)
  process.stdout.write(`${machines.length} of ${measured.length} machines in ${values.out}\n`)
  if (values.rest !== undefined) {
    const others = await linesOfOthers(values.rows, machines)
    await writeFile(values.rest, `${others.join('\n')}\n`)
    process.stdout.write(`${others.length} rows of other cards in ${values.rest}\n`)
  }
}
