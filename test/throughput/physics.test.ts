import { describe, expect, it } from 'vitest'
import { MACHINE_WIDTH, PHYSICS_WIDTH } from '../../src/throughput/features.ts'
import { MOST_CORRECTION, networkOutputs, runNetwork } from '../../src/throughput/network.ts'
import { CORRECTION_COUNT, CORRECTIONS, physicsHead, QUANTILE_COUNT, softplus } from '../../src/throughput/physics.ts'
import { sampleWeights } from './sample-model.ts'

function head(corrections: Partial<Record<(typeof CORRECTIONS)[number], number>> = {}): Float64Array {
  const row = Float64Array.from(CORRECTIONS, (name) => corrections[name] ?? 0)
  const into = new Float64Array(QUANTILE_COUNT)
  physicsHead({ corrections: row, physics: new Float64Array(PHYSICS_WIDTH), count: 1 }, into)
  return into
}

describe('the physics of a usual job on a usual machine', () => {
  it('has the known answer', () => {
    // 4 GB at 500 GB/s with 60 %, a quarter of 20 TFLOPS, keys and values, 2 ms.
    const seconds = Math.exp(-4.33) + Math.exp(-6) + Math.exp(-6.9) + Math.exp(-6.2)
    const [low, median, high, early, middle, late] = head()
    expect(median).toBeCloseTo(-Math.log(seconds), 12)
    const width = Math.log(1 + Math.exp(-1))
    expect(high - median).toBeCloseTo(width, 12)
    expect(median - low).toBeCloseTo(width, 12)
    expect(middle).toBeCloseTo(Math.log(Math.exp(0.2) + Math.exp(-4)), 12)
    expect(late - early).toBeCloseTo(2 * width, 12)
    expect(1 / seconds).toBeGreaterThan(50)
  })

  it.each([
    ['memory', -1],
    ['compute', -1],
    ['fixed', -1],
    ['keyValues', -1],
    ['sharing', 0],
    ['spilling', 0]
  ] as const)('is corrected by %s', (name, sign) => {
    expect(Math.sign(head({ [name]: 1 })[1] - head()[1])).toBe(sign)
  })

  it('is the same for each of many rows', () => {
    const count = 3
    const into = new Float64Array(count * QUANTILE_COUNT)
    const corrections = new Float64Array(count * CORRECTION_COUNT)
    physicsHead({ corrections, physics: new Float64Array(count * PHYSICS_WIDTH), count }, into)
    expect([...into]).toEqual([...head(), ...head(), ...head()])
  })
})

it.each([
  [0, Math.LN2],
  [800, 800],
  [-800, 0],
  [-20, 2.0611536181902037e-9]
])('softplus(%d) is %d', (x, value) => {
  expect(softplus(x)).toBeCloseTo(value, 15)
})

describe('the network', () => {
  it('is two dense layers, with corrections that are bounded', () => {
    const weights = sampleWeights(3, { hidden: 2, scale: 4 })
    const { w1, b1, w2, b2 } = weights
    const machines = Float32Array.from({ length: 2 * MACHINE_WIDTH }, (_, i) => (i % 3) - 1)
    const outputs = networkOutputs(2, 2)
    runNetwork(weights, machines, 2, outputs)
    for (const row of [0, 1]) {
      const x = machines.subarray(row * MACHINE_WIDTH, (row + 1) * MACHINE_WIDTH)
      const units = [0, 1].map((j) => Math.tanh(x.reduce((sum, value, i) => sum + value * w1[i * 2 + j], b1[j])))
      units.forEach((unit, j) => {
        expect(outputs.hidden[row * 2 + j]).toBeCloseTo(unit, 5)
      })
      for (let k = 0; k < CORRECTION_COUNT; k++) {
        const sum = units[0] * w2[k] + units[1] * w2[CORRECTION_COUNT + k] + b2[k]
        const correction = MOST_CORRECTION * Math.tanh(sum / MOST_CORRECTION)
        expect(outputs.corrections[row * CORRECTION_COUNT + k]).toBeCloseTo(correction, 4)
      }
    }
  })
})
