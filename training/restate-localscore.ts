import { join } from 'node:path'
import { findGpu } from '../src/catalogue/gpu.ts'
import { type Restated, sourceRows, type SourceRow } from './restated.ts'

/** Its times to the first token are means over its tests: as of a prompt of this length, by its own speeds of reading. */
const PROMPT_TOKENS = 1_330

function restate(row: SourceRow): Restated {
  if (row['accel_type'] !== 'GPU') return { dropped: 'no GPU' }
  if (findGpu(row['accel_name'], { vramGb: Number(row['accel_ram_gb']) }) === undefined)
    return { dropped: 'GPU not in the table' }
  return {
    kept: {
      gpu: row['accel_name'],
      vram_gb: row['accel_ram_gb'],
      model: row['model_name'],
      quant: row['model_quant'],
      params_b: Number(row['model_params_m']) / 1000,
      prompt_tokens: PROMPT_TOKENS,
      os: row['system_os'],
      engine: 'llamafile',
      tokens_per_second: row['gen_tps'],
      ttft_ms: row['ttft_ms'],
      source: 'localscore',
      weight: 1
    }
  }
}

/** LocalScore: what people measured on their own machines, one request at a time. @param data holds the folder `localscore` */
export async function restateLocalscore(data: string): Promise<readonly Restated[]> {
  return (await sourceRows(join(data, 'localscore', 'localscore_dev.csv'))).map(restate)
}
