import type { Rng } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import { loadOf } from '../../src/throughput/load.ts'
import { machineOf } from '../../src/throughput/machine.ts'
import type { MeasuredRow } from '../../src/throughput/measured-row.ts'

const GPUS = [
  ...['RTX 4090', 'RTX 3060', 'RTX 4060 Ti', 'RTX 3090', 'RTX 2080 Ti', 'RTX 4070', 'A100-SXM4-80GB'],
  ...['Radeon RX 7900 XTX', 'Radeon RX 6800 XT', 'Apple M2 Max', 'Apple M1']
]
const MODELS = ['llama3.2:1b', 'llama3.1:8b-instruct-q4_K_M', 'qwen2.5-14b-instruct-q4_K_M']

/** Share of the bandwidth that decoding reaches: far apart, so that one figure for all is far off. */
const SHARES: Readonly<Record<string, number>> = { nvidia: 0.6, amd: 0.3, apple: 0.9 }

/** Measurements of eleven GPUs, in turn, that wait 3 ms a token. @param spread of the noise, in logarithms */
export function fleetRows(count: number, rng: Rng, spread = 0.1): MeasuredRow[] {
  return Array.from({ length: count }, (_, i) => {
    const query = { gpu: GPUS[i % GPUS.length], model: MODELS[Math.floor(rng.next() * MODELS.length)], concurrency: 1 }
    const { gpu } = machineOf(query)
    const { activeBytes } = loadOf(query)
    const noise = Math.exp(spread * normal(rng))
    const share = SHARES[gpu?.vendor ?? ''] ?? NaN
    const seconds = activeBytes / (share * (gpu?.memBandwidthGbs ?? NaN) * 1e9) + 0.003
    return { query, tokensPerSecond: noise / seconds, firstTokenMs: 500 * noise, source: 'fleet', weight: 1 }
  })
}

/** The same in the columns of a dataset, as JSON Lines. */
export function fleetJsonl(rows: readonly MeasuredRow[]): string {
  return rows
    .map(({ query: { gpu, model }, tokensPerSecond, firstTokenMs, source }) =>
      JSON.stringify({ gpu, model, tokens_per_second: tokensPerSecond, ttft_ms: firstTokenMs, source })
    )
    .join('\n')
}
