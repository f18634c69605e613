import { afterAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { networkOutputs, runNetwork } from '../../src/throughput/network.ts'
import { QUANTILES, QUANTILE_COUNT, physicsHead } from '../../src/throughput/physics.ts'
import { openBackend } from '../../src/training/backend.ts'
import { encodeRows, type EncodedRows } from '../../src/training/encoded-rows.ts'
import { type TrainedNetwork, train } from '../../src/training/trainer.ts'
import type { TrainingOptions, TrainingProgress } from '../../src/training/trainer-options.ts'
import { measuredRows } from './support.ts'

const opened = openBackend({ force: 'wasm' })
afterAll(async () => (await opened).close())

const rows = encodeRows(measuredRows(300, pcg32(1)))
const unseen = encodeRows(measuredRows(300, pcg32(2)))

async function trained(options: Partial<TrainingOptions> = {}): Promise<TrainedNetwork> {
  return train(await opened, rows, { rng: pcg32(3), epochs: 5, ...options })
}

function predict({ weights }: TrainedNetwork, { machines, physics, count }: EncodedRows, name: (typeof QUANTILES)[number]) {
  const outputs = networkOutputs(count, weights.hidden)
  const into = new Float32Array(count * QUANTILE_COUNT)
  runNetwork(weights, machines, count, outputs)
  physicsHead({ corrections: outputs.corrections, physics, count }, into)
  return Float32Array.from({ length: count }, (_, i) => into[i * QUANTILE_COUNT + QUANTILES.indexOf(name)])
}

const shareBelow = (values: Float32Array, quantiles: Float32Array) =>
  values.filter((value, i) => value < quantiles[i]).length / values.length

describe('training', () => {
  it('finds the rule that the rows were made by, and how far they are off it', async () => {
    const network = await trained({ epochs: 200 })
    const middle = predict(network, unseen, 'speed50')
    const errors = Array.from(unseen.lnSpeed, (value, i) => Math.abs(Math.exp(middle[i] - value) - 1)).sort((a, b) => a - b)
    // The noise alone makes the median error .67·.15 = .10.
    expect(errors[150]).toBeLessThan(0.13)
    const inside =
      shareBelow(unseen.lnSpeed, predict(network, unseen, 'speed90')) -
      shareBelow(unseen.lnSpeed, predict(network, unseen, 'speed10'))
    expect(inside).toBeGreaterThan(0.7)
    expect(inside).toBeLessThan(0.97)
    expect(network.history.at(-1)!).toBeLessThan(network.history[0] / 2)
  })

  it('comes to the same weights from the same seed, and to others from another', async () => {
    const { weights, history } = await trained()
    expect(await trained()).toEqual({ weights, history })
    expect((await trained({ rng: pcg32(4) })).weights.w1).not.toEqual(weights.w1)
  })

  it('tells how far it is after every epoch, and keeps the losses', async () => {
    const told: TrainingProgress[] = []
    const { history } = await trained({ onEpoch: (progress) => told.push(progress) })
    expect(told).toEqual(history.map((loss, i) => ({ epoch: i + 1, epochs: 5, loss })))
    expect(history).toHaveLength(5)
  })

  it('leaves no tensor behind, whether it ends or is stopped', async () => {
    const { tf } = await opened
    const before = tf.memory().numTensors
    await trained()
    const stop = new AbortController()
    const stopped = trained({
      signal: stop.signal,
      onEpoch: ({ epoch }) => {
        if (epoch === 2) stop.abort(new Error('enough'))
      }
    })
    await expect(stopped).rejects.toThrow('enough')
    expect(tf.memory().numTensors).toBe(before)
  })

  it('lets timers run while it trains', async () => {
    const stop = new AbortController()
    setTimeout(() => {
      stop.abort(new Error('time is up'))
    }, 20)
    await expect(trained({ epochs: 100_000, signal: stop.signal })).rejects.toThrow('time is up')
  })

  it('learns speeds alone where no first token was measured', async () => {
    const speedsOnly = { ...rows, lnFirstToken: new Float32Array(rows.count).fill(NaN) }
    const { history } = await train(await opened, speedsOnly, { rng: pcg32(3), epochs: 5 })
    expect(history.every(Number.isFinite)).toBe(true)
  })

  it('refuses rows without a speed', async () => {
    await expect(train(await opened, encodeRows([]), { rng: pcg32(3) })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: 'rows must have a measured speed, got 0 rows without'
    })
  })

  it.each<[Partial<TrainingOptions>, string]>([
    [{ hidden: 0 }, 'hidden must be an integer of at least 1, got 0'],
    [{ epochs: 1.5 }, 'epochs must be an integer of at least 1, got 1.5'],
    [{ learningRate: NaN }, 'learningRate must be a finite number above 0, got NaN'],
    [{ decay: -1 }, 'decay must be a finite number of at least 0, got -1'],
    [{ noise: NaN }, 'noise must be a finite number of at least 0, got NaN'],
    [{ firstTokenWeight: -1 }, 'firstTokenWeight must be a finite number of at least 0, got -1']
  ])('refuses %j', async (options, message) => {
    await expect(trained(options)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message })
  })
})
