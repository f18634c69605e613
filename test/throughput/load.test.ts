import { describe, expect, it } from 'vitest'
import { type Load, loadOf } from '../../src/throughput/load.ts'
import type { ThroughputQuery } from '../../src/throughput/query.ts'

describe('the load of a query', () => {
  it.each<[what: string, query: ThroughputQuery, load: Partial<Load>]>([
    [
      'is what the model’s name says',
      { model: 'llama3.1:8b-instruct-q8_0' },
      { bytes: 8.5e9, activeBytes: 8.5e9, activeParams: 8e9, sizeAssumed: false, bitsAssumed: false }
    ],
    ['is what the query says where both do', { model: 'llama3.1:8b', quant: 'fp16', paramsB: 12 }, { bytes: 24e9 }],
    [
      'but embeddings count once, which many count twice',
      { model: 'Llama 3.2 1B Instruct', quant: 'fp16', paramsB: 1.5 },
      { bytes: 2.48e9 }
    ],
    [
      'reads the active part of a mixture of experts',
      { paramsB: 30.5, model: 'Qwen3-30B-A3B', quant: 'fp16' },
      { activeBytes: 6.6e9 }
    ],
    ['says what it assumes', {}, { sizeAssumed: true, bitsAssumed: true, activeParams: 8e9, bytes: 4.85e9 }],
    ['assumes sixteen bits of a server', { paramsB: 8, server: true }, { bitsAssumed: true, bytes: 16e9 }],
    ['is one job of usual length', {}, { concurrency: 1, promptTokens: 1_330, contextTokens: 1_330 }],
    ['has its context half-way through the answer', { promptTokens: 100, outputTokens: 60 }, { contextTokens: 130 }],
    ['has a context of at least one token', { outputTokens: 1 }, { contextTokens: 1 }],
    ['has four times the keys and values before heads shared them', { model: 'Llama-2-13b-hf' }, { keyValueFactor: 4 }],
    ['but not after', { model: 'llama-2-70b' }, { keyValueFactor: 1 }]
  ])('%s', (_, query, load) => {
    expect(loadOf(query)).toMatchObject(load)
  })
})
