import { afterAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { networkOutputs, runNetwork } from '../../src/throughput/network.ts'
import { QUANTILE_COUNT, physicsHead } from '../../src/throughput/physics.ts'
import { openBackend } from '../../src/training/backend.ts'
import type { BackendName } from '../../src/training/running-backend.ts'
import { predictWithTensors } from '../../src/training/tf-network.ts'
import { randomRows, randomWeights } from './support.ts'

const ROWS = 2_000

describe.each<BackendName>(['wasm', 'cpu'])('the network in TensorFlow.js on %s', (name) => {
  const opened = openBackend({ force: name })
  afterAll(async () => (await opened).close())

  it.each([1, 7, 32, 48])('equals the typed-array pass within 1e-5 with %i hidden units', async (hidden) => {
    const backend = await opened
    const rng = pcg32(hidden)
    const weights = randomWeights(hidden, rng)
    const rows = randomRows(ROWS, rng)
    const outputs = networkOutputs(ROWS, hidden)
    const expected = new Float32Array(ROWS * QUANTILE_COUNT)
    runNetwork(weights, rows.machines, ROWS, outputs)
    physicsHead({ corrections: outputs.corrections, physics: rows.physics, count: ROWS }, expected)

    await backend.activate()
    const before = backend.tf.memory().numTensors
    const predicted = await predictWithTensors(backend.tf, weights, rows)

    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - predicted[i])), 0)
    expect(predicted).toHaveLength(ROWS * QUANTILE_COUNT)
    expect(worst).toBeLessThan(1e-5)
    expect(backend.tf.memory().numTensors).toBe(before)
  })
})
