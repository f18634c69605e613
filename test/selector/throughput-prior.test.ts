import { describe, expect, it } from 'vitest'
import type { Claims } from '../../src/peer/observation.ts'
import { throughputPrior } from '../../src/selector/throughput-prior.ts'
import { createSelection } from '../../src/selector/selection.ts'
import { throughputModel } from '../../src/throughput/throughput-model.ts'
import { manualClock } from '../../src/core/clock.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { job } from './world.ts'

const model = throughputModel(readModelDocument(writeModelDocument(sampleModel())))

function claims(gpuModel: string, tokensPerSecond = 0): Claims {
  return { models: ['llama3.1:8b'], tokensPerSecond, gpuModel, vramGb: 0, loadRatio: 0 }
}

describe('the prior of a peer by its hardware', () => {
  it('is faster for a GPU with more bandwidth, and knows nothing of one that is not named', () => {
    const prior = throughputPrior(model)
    const [slow, fast] = ['GTX 1660', 'RTX 4090'].map((gpu) => prior.expected('new', claims(gpu), 0)?.mean ?? NaN)
    expect(fast).toBeLessThan(slow - 0.5)
    expect(prior.expected('new', claims(''), 0)).toBeUndefined()
  })

  it('knows nothing of a model whose name does not tell its size', () => {
    const prior = throughputPrior(model)
    for (const models of [[], ['model'], ['gpt-best:latest']]) {
      expect(prior.expected('new', { ...claims('RTX 4090'), models }, 0), models[0]).toBeUndefined()
    }
  })

  it('moves with what peers of the kind turned out to be, and is surer then', () => {
    const prior = throughputPrior(model)
    const expected = (atMs: number) => prior.expected('new', claims('RTX 3090'), atMs) ?? { mean: NaN, variance: NaN }
    const before = expected(0)
    for (let i = 0; i < 20; i++) prior.learn(`peer-${i}`, claims('RTX 3090'), before.mean + 0.7, i)
    const after = expected(20)
    expect(after.mean - before.mean).toBeGreaterThan(0.4)
    expect(after.variance).toBeLessThan(before.variance)
  })

  it('decides whom a selection with nothing but names tries first', () => {
    const clock = manualClock(0)
    const { selector, table } = createSelection(
      { clock },
      { throughput: model, policy: 'fixed:predictive', prediction: { exploration: 0 } }
    )
    for (const [peer, gpu] of Object.entries({ small: 'GTX 1650', large: 'RTX 4090', medium: 'RTX 3060' })) {
      table.observe(peer, { kind: 'connected' }, 0)
      table.observe(peer, { kind: 'claims', claims: claims(gpu) }, 0)
    }
    const lease = selector.acquire(['small', 'large', 'medium'], job())
    expect(lease.peer).toBe('large')
    lease.cancel()
  })
})
