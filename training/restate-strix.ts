import { join } from 'node:path'
import { quantile } from '../src/math/quantile.ts'
import { type Restated, sourceRows, type SourceRow } from './restated.ts'

const PROMPT_TOKENS = 512
const OUTPUT_TOKENS = 128
/** All settings of one model differ little: together they count as one measurement, and half of one that is typical of people. */
const FIRST_TOKEN_WEIGHT = 0.5

function machine({ model, params_b, file_gib }: SourceRow) {
  // By the size of the file: the types that these files mix have no usual bits.
  const bits = (Number(file_gib) * 2 ** 30 * 8) / (Number(params_b) * 1e9)
  return {
    gpu: 'Radeon 8060S',
    vram_gb: 128,
    model,
    quant: `${bits.toFixed(3)}bpw`,
    params_b,
    os: 'Linux',
    engine: 'llama.cpp',
    source: 'strix-halo'
  }
}

function decoding(row: SourceRow): Restated {
  return {
    kept: { ...machine(row), prompt_tokens: 1, output_tokens: OUTPUT_TOKENS, tokens_per_second: row['tps_mean'], weight: 1 }
  }
}

function reading(rows: readonly SourceRow[]): Restated[] {
  const speed = quantile(
    rows.map(({ tps_mean }) => Number(tps_mean)),
    0.5
  )
  const kept = {
    ...machine(rows[0]),
    prompt_tokens: PROMPT_TOKENS,
    ttft_ms: (1000 * PROMPT_TOKENS) / speed,
    weight: FIRST_TOKEN_WEIGHT
  }
  const together = rows.length - 1
  return [{ kept }, ...(together > 0 ? [{ dropped: 'reading: in the median of its model', count: together }] : [])]
}

/** llama-bench on one Ryzen AI Max 395, with nothing in context before. @param data holds the folder `strix-halo-kyuz0` */
export async function restateStrix(data: string): Promise<readonly Restated[]> {
  const rows = await sourceRows(join(data, 'strix-halo-kyuz0', 'strix_halo.csv'))
  const measured = rows.filter(({ tps_mean }) => tps_mean !== '')
  const of = (test: string) => measured.filter((row) => row['test'] === test)
  const [written, read] = [of(`tg${OUTPUT_TOKENS}`), of(`pp${PROMPT_TOKENS}`)]
  return [
    ...written.map(decoding),
    ...Map.groupBy(read, ({ model }) => model)
      .values()
      .flatMap(reading),
    { dropped: 'failed', count: rows.length - measured.length },
    { dropped: 'with a context before', count: measured.length - written.length - read.length }
  ]
}
