import { afterAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { MACHINE_FEATURES, PHYSICS_FEATURES } from '../../src/throughput/features.ts'
import { type Ablation, ablatedModel } from '../../src/training/ablation.ts'
import { openBackend } from '../../src/training/backend.ts'
import { fittedWeights } from '../../src/training/evaluation/document-model.ts'
import { trainNetwork } from '../../src/training/neural-model.ts'
import { fleetRows } from './fleet-rows.ts'

const backend = await openBackend({ force: 'wasm' })
afterAll(() => backend.close())

const rows = fleetRows(60, pcg32(1))
const queries = rows.slice(0, 12).map(({ query }) => query)
const options = { rng: () => pcg32(2), hidden: 4, epochs: 8 }

async function speedsWithout(ablation: Omit<Ablation, 'name'>): Promise<number[]> {
  const fitted = await ablatedModel(backend, options, { name: 'without', ...ablation }).fit(rows)
  return fitted.predict(queries).map(({ speed }) => speed?.q50 ?? NaN)
}

describe('an ablated model', () => {
  it('is the network, where nothing is taken from it', async () => {
    const { weights } = await trainNetwork(backend, rows, options)
    const whole = fittedWeights({ weights })
    const same = await ablatedModel(backend, options, { name: 'whole' }).fit(rows)
    const [wanted, got] = [whole.predict(queries), same.predict(queries)].map((predictions) =>
      predictions.flatMap(({ speed, firstToken }) => [speed?.q10, speed?.q50, speed?.q90, firstToken?.q50, firstToken?.q90])
    )
    got.forEach((value, i) => {
      expect(value, `number ${i}`).toBeCloseTo(wanted[i]!, 4)
    })
  })

  it('says the same of all where everything is taken', async () => {
    const speeds = await speedsWithout({ machine: MACHINE_FEATURES, physics: PHYSICS_FEATURES })
    expect(new Set(speeds).size).toBe(1)
    expect(speeds[0]).toBeTypeOf('number')
  })

  it('cannot tell cards apart without what it is told of machines', async () => {
    const alike = await speedsWithout({ machine: MACHINE_FEATURES, physics: ['logBandwidth', 'logTflops', 'overflow'] })
    const models = queries.map(({ model }) => model)
    expect(new Set(alike).size).toBe(new Set(models).size)
  })
})
