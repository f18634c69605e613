import { join } from 'node:path'
import type { Rng } from '../src/core/rng.ts'
import { drawn, type Restated, sourceRows } from './restated.ts'

/** Samples half a second apart are of the same requests: a few of them say as much. */
const ROWS = 150
const WEIGHT = 0.3
/** Below this the sample caught a start or an end. */
const LEAST_TOKENS_PER_SECOND = 20

/** vLLM with a 1-billion model on one GPU that is not named, under growing load. @param data holds `vllm-burstgpt-load-sweep` */
export async function restateVllm(data: string, rng: Rng): Promise<readonly Restated[]> {
  const rows = await sourceRows(join(data, 'vllm-burstgpt-load-sweep', 'vllm_load.csv'))
  const busy = rows.filter(({ running, gen_tps }) => Number(running) > 0 && Number(gen_tps) > LEAST_TOKENS_PER_SECOND)
  const kept = drawn(busy, ROWS, rng)
  return [
    ...kept.map(({ running, gen_tps }) => ({
      kept: {
        gpu: 'unknown',
        vram_gb: 24,
        model: 'meta-llama/Llama-3.2-1B',
        quant: 'F16',
        concurrency: running,
        os: 'Linux',
        engine: 'vLLM',
        tokens_per_second: Number(gen_tps) / Number(running),
        source: 'vllm-sweep',
        weight: WEIGHT
      }
    })),
    { dropped: 'idle, or nearly so', count: rows.length - busy.length },
    { dropped: 'not drawn', count: busy.length - kept.length }
  ]
}
