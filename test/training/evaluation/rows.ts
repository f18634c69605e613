import { pcg32 } from '../../../src/core/rng.ts'
import { loadOf } from '../../../src/throughput/load.ts'
import { machineOf } from '../../../src/throughput/machine.ts'
import type { MeasuredRow } from '../../../src/throughput/measured-row.ts'
import type { ThroughputQuery } from '../../../src/throughput/query.ts'
import { rooflineTokensPerSecond } from '../../../src/throughput/roofline.ts'
import { normal } from '../../../src/math/draw.ts'

/** Each card under two names. */
export const GPU_NAMES = [
  ...['NVIDIA GeForce RTX 3060', 'RTX 3060 12GB', 'NVIDIA GeForce RTX 4090', 'rtx4090', 'Tesla T4', 'NVIDIA T4'],
  ...[
    'NVIDIA GeForce RTX 4060 Ti',
    'RTX 4060 Ti 16GB',
    'AMD Radeon RX 7900 XTX',
    'rx 7900 xtx',
    'Apple M2 Max 38-core GPU',
    'M2 Max'
  ],
  ...['NVIDIA A100-SXM4-80GB', 'A100 SXM4 40GB', 'NVIDIA GeForce GTX 1080 Ti', 'gtx1080ti', 'RTX 5090', 'NVIDIA GeForce RTX 5090']
]
const SIZES = [1.5, 8, 14.8]

/** Seconds that a token takes beside its share of the bandwidth. */
const CONSTANT_S = 0.004
export const EFFICIENCY = 0.6

function seconds(query: ThroughputQuery): { readonly token: number; readonly prompt: number } {
  const [machine, load] = [machineOf(query), loadOf(query)]
  const speed = rooflineTokensPerSecond(machine, load, EFFICIENCY) ?? NaN
  const flops = (machine.gpu?.fp32Tflops ?? NaN) * 1e12 * 0.5
  return { token: 1 / speed + CONSTANT_S, prompt: (2 * load.activeParams * load.promptTokens) / flops }
}

/** Rows of a machine park that follows a roofline with a constant, and a little noise. */
export function parkRows(count: number, noise = 0.05): MeasuredRow[] {
  const rng = pcg32(11)
  return Array.from({ length: count }, (_, i) => {
    const query = { gpu: GPU_NAMES[i % GPU_NAMES.length], paramsB: SIZES[Math.floor(i / GPU_NAMES.length) % 3], quant: 'Q4_K_M' }
    const { token, prompt } = seconds(query)
    return {
      query,
      tokensPerSecond: (1 / token) * Math.exp(noise * normal(rng)),
      firstTokenMs: 1000 * prompt * Math.exp(noise * normal(rng)),
      source: 'park',
      weight: 1
    }
  })
}
