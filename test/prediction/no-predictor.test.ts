import { describe, expect, it } from 'vitest'
import { emptyForecast } from '../../src/prediction/forecast.ts'
import { noPredictor } from '../../src/prediction/no-predictor.ts'
import { predictor } from '../../src/prediction/predictor.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import { createSelection } from '../../src/selector/selection.ts'
import { job } from '../selector/world.ts'

describe('no predictor', () => {
  it('expects the same of every peer', () => {
    const into = new Float64Array([7, 7, 7])
    noPredictor.costs({ table: peerTable(), rows: new Int32Array(2), count: 2, atMs: 0, retries: 2, seed: 1 }, job(), into)
    expect([...into]).toEqual([0, 0, 7])
    const found = { ...emptyForecast(), durationMs: 3 }
    noPredictor.predict(0, job(), 0, found)
    expect(found).toEqual(emptyForecast())
    expect(noPredictor.isLikely('a', 0)).toBe(false)
    expect(noPredictor.trusted).toBe(false)
  })

  it('has a snapshot that a predictor can go on from, and nothing to take over', () => {
    const snapshot = noPredictor.snapshot()
    const real = predictor({ table: peerTable() })
    real.restore(snapshot)
    expect(real.snapshot()).toEqual(snapshot)
    noPredictor.restore(real.snapshot())
    expect(noPredictor.snapshot()).toEqual(snapshot)
  })

  it('leaves the choice to the arm, and its decisions expect the same of all', () => {
    const { table, selector } = createSelection({}, { policy: 'fixed:per-token', prediction: false })
    for (const peer of ['a', 'b']) table.observe(peer, { kind: 'connected' }, 0)
    const { decision } = selector.acquire(['a', 'b'], job())
    expect(new Set(decision.votes.map(({ expectedReward }) => expectedReward))).toEqual(new Set([0.5]))
    expect(decision).toMatchObject({ arm: 'per-token', armPropensity: 1 })
  })
})
