import fc from 'fast-check'
import { gpus } from '../../src/catalogue/gpu-table.ts'
import type { Load } from '../../src/throughput/load.ts'
import type { Machine } from '../../src/throughput/machine.ts'
import type { ThroughputQuery } from '../../src/throughput/query.ts'

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })

/** Machines that exist, and some that do not. */
export const machines: fc.Arbitrary<Machine> = fc.record({
  gpu: maybe(fc.constantFrom(...gpus())),
  gpuCount: fc.integer({ min: 1, max: 16 }),
  vramGb: maybe(between(1, 200)),
  windows: maybe(fc.boolean()),
  server: fc.boolean(),
  llamafile: fc.boolean(),
  familiar: fc.boolean()
})

/** Jobs with models of any size; of mixtures of experts, a part is active. */
export const loads: fc.Arbitrary<Load> = fc
  .record({
    paramsB: between(0.1, 700),
    activeShare: fc.oneof(fc.constant(1), between(0.03, 1)),
    bits: between(1.5, 32),
    sizeAssumed: fc.boolean(),
    bitsAssumed: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 256 }),
    promptTokens: fc.integer({ min: 1, max: 100_000 }),
    contextTokens: between(1, 100_000),
    keyValueFactor: fc.constantFrom(1, 4)
  })
  .map(({ paramsB, activeShare, bits, ...job }) => {
    const bytes = (paramsB * 1e9 * bits) / 8
    return { ...job, bytes, activeBytes: bytes * activeShare, activeParams: paramsB * 1e9 * activeShare }
  })

const GPU_NAMES = [
  'NVIDIA GeForce RTX 4090',
  '2x RTX 3090',
  'Apple M2 Ultra',
  '4060 Laptop',
  'RX 7900 XTX',
  'H100 SXM',
  'Voodoo 3',
  ''
]
const MODELS = [
  'llama3.1:8b-instruct-q4_K_M',
  'Qwen/Qwen3-30B-A3B',
  'qwen2.5-14b-awq',
  'mixtral:8x7b',
  'phi-3-mini',
  'mystery',
  ''
]

/** What peers and users ask, sensible or not. */
export const queries: fc.Arbitrary<ThroughputQuery> = fc.record(
  {
    gpu: fc.oneof(fc.constantFrom(...GPU_NAMES), fc.string()),
    vramGb: between(Number.MIN_VALUE, 1e300),
    gpuCount: between(1, 1e300),
    model: fc.oneof(fc.constantFrom(...MODELS), fc.string()),
    quant: fc.oneof(fc.constantFrom('Q4_K_M', 'fp16', 'awq'), fc.string()),
    paramsB: between(Number.MIN_VALUE, 1e300),
    promptTokens: between(1, Number.MAX_VALUE),
    outputTokens: between(1, Number.MAX_VALUE),
    concurrency: between(1, 1e300),
    claimedTokensPerSecond: between(0, 1e300),
    rttMs: between(0, 1e300),
    windows: fc.boolean(),
    server: fc.boolean()
  },
  { requiredKeys: [] }
)
