import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import type { MeasuredRow } from '../../src/throughput/measured-row.ts'
import type { ModelContent } from '../../src/throughput/model-document.ts'
import { throughputModel } from '../../src/throughput/throughput-model.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { fittedWeights } from '../../src/training/evaluation/document-model.ts'
import { gpuEffectsOf } from '../../src/training/gpu-effects.ts'
import { randomWeights } from './support.ts'

const weights = randomWeights(8, pcg32(1))
const network = fittedWeights({ weights })

/** Rows of a GPU that is so many times as fast as the network says, and as much sooner with the first token. */
function rowsOf(gpu: string, count: number, times: number): MeasuredRow[] {
  return Array.from({ length: count }, (_, i): MeasuredRow => {
    const query = { gpu, model: 'llama3.1:8b', promptTokens: 100 + i, windows: false }
    const [{ speed, firstToken }] = network.predict([query])
    return {
      query,
      tokensPerSecond: times * Math.exp(speed?.q50 ?? NaN),
      firstTokenMs: (1000 * Math.exp(firstToken?.q50 ?? NaN)) / times,
      source: 'test',
      weight: 1
    }
  })
}

describe('effects of GPUs', () => {
  it('are nothing where the network is right', () => {
    const { speed, firstToken } = gpuEffectsOf(rowsOf('RTX 3090', 9, 1), network)['GeForce RTX 3090']
    expect([speed, firstToken]).toEqual([expect.closeTo(0, 6), expect.closeTo(0, 6)])
  })

  it('come near to what was measured with the number of rows', () => {
    const effectOf = (count: number) => gpuEffectsOf(rowsOf('RTX 3090', count, 2), network)['GeForce RTX 3090']
    expect(effectOf(2).speed).toBeCloseTo(Math.LN2 / 2, 6)
    expect(effectOf(98).speed).toBeCloseTo(0.98 * Math.LN2, 6)
    expect(effectOf(98).firstToken).toBeCloseTo(0.98 * Math.LN2, 6)
  })

  it('are of the GPU alone, and of none that the catalogue has not', () => {
    const effects = gpuEffectsOf(
      [...rowsOf('RTX 3090', 20, 2), ...rowsOf('RTX 4090', 20, 0.5), ...rowsOf('abacus', 20, 3)],
      network
    )
    expect(Object.keys(effects)).toEqual(['GeForce RTX 3090', 'GeForce RTX 4090'])
    expect(effects['GeForce RTX 4090'].speed).toBeLessThan(0)
  })

  it('change what a model says of its GPU, and of no other', () => {
    const content = { weights, calibration: { familiar: NONE, unfamiliar: NONE }, knownGpus: [], card: {} }
    const modelWith = (gpuEffects: ModelContent['gpuEffects']) =>
      throughputModel(readModelDocument(writeModelDocument({ ...content, gpuEffects })))
    const plain = modelWith({})
    const measured = modelWith({ 'GeForce RTX 3090': { speed: Math.LN2, firstToken: Math.log(4) } })
    const ask = (gpu: string) => [plain, measured].map((model) => model.predict([{ gpu, model: 'llama3.1:8b' }])[0])
    const [before, after] = ask('RTX 3090')
    expect(after.tpsP50 / before.tpsP50).toBeCloseTo(2, 6)
    expect(before.ttftMsP90 / after.ttftMsP90).toBeCloseTo(4, 6)
    const [same, other] = ask('RTX 3080')
    expect(other).toEqual(same)
  })
})

const NONE = { speed: 0, firstToken: 0 }
