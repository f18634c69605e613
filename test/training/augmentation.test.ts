import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import {
  MACHINE_FEATURES,
  MACHINE_WIDTH,
  PHYSICS_FEATURES,
  PHYSICS_WIDTH,
  encodeMachine,
  encodePhysics
} from '../../src/throughput/features.ts'
import { loadOf } from '../../src/throughput/load.ts'
import { machineOf } from '../../src/throughput/machine.ts'
import { Augmenter } from '../../src/training/augmentation.ts'
import { encodeRows } from '../../src/training/encoded-rows.ts'

const COUNT = 8_000
const rows = encodeRows(
  Array.from({ length: COUNT }, () => ({
    query: { gpu: 'RTX 4060 Laptop GPU', vramGb: 8, paramsB: 14, quant: 'Q8_0', windows: true, concurrency: 4 },
    tokensPerSecond: 10,
    source: 'made up',
    weight: 1
  }))
)

const machineColumn = (values: Float32Array, name: (typeof MACHINE_FEATURES)[number]) =>
  Float32Array.from({ length: COUNT }, (_, i) => values[i * MACHINE_WIDTH + MACHINE_FEATURES.indexOf(name)])
const physicsColumn = (values: Float32Array, name: (typeof PHYSICS_FEATURES)[number]) =>
  Float32Array.from({ length: COUNT }, (_, i) => values[i * PHYSICS_WIDTH + PHYSICS_FEATURES.indexOf(name)])
const shareOf = (values: Float32Array, what: (value: number) => boolean) => values.filter(what).length / COUNT
const deviation = (values: Float32Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / COUNT
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / COUNT)
}

describe('augmentation', () => {
  it('changes nothing without noise and hiding', () => {
    const { machines, physics } = new Augmenter(rows, { noise: 0, hiding: false }, pcg32(1)).next()
    expect(machines).toEqual(rows.machines)
    expect(physics).toEqual(rows.physics)
  })

  it('is fresh every time, and the same from the same seed', () => {
    const first = new Augmenter(rows, { noise: 0.1, hiding: true }, pcg32(1))
    const second = new Augmenter(rows, { noise: 0.1, hiding: true }, pcg32(1))
    const once = { machines: first.next().machines.slice(), physics: first.next().physics.slice() }
    expect({ machines: second.next().machines.slice(), physics: second.next().physics.slice() }).toEqual(once)
    expect(first.next().machines).not.toEqual(once.machines)
  })

  it('blurs what is measured, and leaves counts as they are', () => {
    const { machines, physics } = new Augmenter(rows, { noise: 0.1, hiding: false }, pcg32(1)).next()
    for (const name of MACHINE_FEATURES) expect(deviation(machineColumn(machines, name))).toBeCloseTo(0.1, 2)
    for (const name of ['logBandwidth', 'logBytes', 'logActiveBytes', 'logActiveParams', 'logTflops'] as const) {
      expect(deviation(physicsColumn(physics, name))).toBeCloseTo(0.1, 2)
    }
    for (const name of ['logConcurrency', 'logGpuCount', 'overflow', 'logPrompt', 'logContext', 'logKeyValue'] as const) {
      expect(physicsColumn(physics, name)).toEqual(physicsColumn(rows.physics, name))
    }
  })

  it.each([
    // Alone, or with the whole GPU: 1 − (1 − .15)·(1 − .25).
    ['bandwidthUnknown', 0.3625],
    ['tflopsUnknown', 0.3625],
    ['yearUnknown', 0.325],
    ['vramUnknown', 0.075],
    ['windowsUnknown', 0.25],
    ['sizeAssumed', 0.05],
    ['bitsAssumed', 0.145]
  ] as const)('sets %s in %d of the rows', (name, share) => {
    const { machines } = new Augmenter(rows, { noise: 0, hiding: true }, pcg32(2)).next()
    expect(Math.abs(shareOf(machineColumn(machines, name), (value) => value === 1) - share)).toBeLessThan(0.015)
  })

  it('shows what is hidden as a row of which nothing is known shows it', () => {
    const unknown = { machines: new Float32Array(MACHINE_WIDTH), physics: new Float32Array(PHYSICS_WIDTH) }
    encodeMachine(machineOf({}), loadOf({}), unknown.machines)
    encodePhysics(machineOf({}), loadOf({}), unknown.physics)
    const { machines, physics } = new Augmenter(rows, { noise: 0.1, hiding: true }, pcg32(3)).next()
    const hidden = machineColumn(machines, 'bandwidthUnknown').map((value) => (value === 1 ? 1 : 0))
    const bandwidth = physicsColumn(physics, 'logBandwidth').filter((_, i) => hidden[i] === 1)
    expect(bandwidth.length).toBeGreaterThan(COUNT / 4)
    expect(new Set(bandwidth)).toEqual(new Set([unknown.physics[PHYSICS_FEATURES.indexOf('logBandwidth')]]))
  })
})
