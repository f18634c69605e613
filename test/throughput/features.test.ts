import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytesAsRead,
  encodeMachine,
  encodePhysics,
  MACHINE_FEATURES,
  MACHINE_WIDTH,
  PHYSICS_FEATURES,
  PHYSICS_WIDTH,
  roomBytes
} from '../../src/throughput/features.ts'
import { loadOf } from '../../src/throughput/load.ts'
import { machineOf } from '../../src/throughput/machine.ts'
import type { ThroughputQuery } from '../../src/throughput/query.ts'
import { loads, machines } from './samples.ts'

function machineRow(query: ThroughputQuery): Record<string, number> {
  const row = new Float32Array(MACHINE_WIDTH)
  encodeMachine(machineOf(query), loadOf(query), row)
  return Object.fromEntries(MACHINE_FEATURES.map((name, i) => [name, row[i]]))
}

function physicsRow(query: ThroughputQuery): Record<string, number> {
  const row = new Float64Array(PHYSICS_WIDTH)
  encodePhysics(machineOf(query), loadOf(query), row)
  return Object.fromEntries(PHYSICS_FEATURES.map((name, i) => [name, row[i]]))
}

describe('what the network sees of a machine', () => {
  it.each<[what: string, query: ThroughputQuery, features: Record<string, number>]>([
    [
      'a desktop card with tensor cores',
      { gpu: 'RTX 4090' },
      { tensorCores: 1, laptop: 0, unified: 0, amd: 0, bandwidthUnknown: 0 }
    ],
    ['a Turing card without them', { gpu: 'GTX 1660 Ti' }, { tensorCores: 0 }],
    ['a laptop', { gpu: '4060 Laptop' }, { laptop: 1, tensorCores: 1 }],
    ['an Apple chip', { gpu: 'Apple M1' }, { apple: 1, unified: 1 }],
    ['an AMD card', { gpu: 'RX 7900 XTX' }, { amd: 1, intel: 0 }],
    ['an Intel card', { gpu: 'Arc A770' }, { intel: 1, amd: 0 }],
    ['an accelerator of Intel’s that is none of its GPUs', { gpu: 'Gaudi2' }, { intel: 0, tflopsUnknown: 1 }],
    [
      'an unknown card: nothing, and that it is nothing',
      { gpu: 'Voodoo 3' },
      { year: 0, yearUnknown: 1, logTflops: 0, tflopsUnknown: 1, logVram: 0, vramUnknown: 1, bandwidthUnknown: 1 }
    ],
    ['its memory, if that is told', { gpu: 'Voodoo 3', vramGb: 16 }, { logVram: 0, vramUnknown: 0 }],
    ['how many there are', { gpu: '2x RTX 3090' }, { logGpuCount: Math.fround(Math.LN2) }],
    ['Windows, where it is known', { windows: true }, { windows: 1, windowsUnknown: 0 }],
    ['no Windows where there is none', { gpu: 'Apple M1' }, { windows: 0, windowsUnknown: 0 }],
    ['llamafile', { llamafile: true }, { llamafile: 1, server: 0 }],
    ['or not', {}, { windows: 0, windowsUnknown: 1, server: 0, sizeAssumed: 1, bitsAssumed: 1 }],
    ['a server', { server: true, model: 'llama3.1:8b' }, { server: 1, sizeAssumed: 0, bitsAssumed: 0 }]
  ])('%s', (_, query, features) => {
    expect(machineRow(query)).toMatchObject(features)
  })

  it('is neither bandwidth nor the job', () => {
    fc.assert(
      fc.property(machines, loads, loads, fc.double({ min: 0.1, max: 10, noNaN: true }), (...[machine, a, b, factor]) => {
        const { gpu } = machine
        const other = { ...machine, gpu: gpu && { ...gpu, memBandwidthGbs: gpu.memBandwidthGbs * factor } }
        const { sizeAssumed, bitsAssumed } = a
        const rows = [new Float32Array(MACHINE_WIDTH), new Float32Array(MACHINE_WIDTH)]
        encodeMachine(machine, a, rows[0])
        encodeMachine(other, { ...b, sizeAssumed, bitsAssumed }, rows[1])
        expect(rows[1]).toEqual(rows[0])
        expect(rows[0].every(Number.isFinite)).toBe(true)
      })
    )
  })
})

describe('what the physics sees', () => {
  it('are logarithms around a usual job', () => {
    const query = { gpu: 'RTX 4090', paramsB: 7, quant: 'fp16', concurrency: 2, promptTokens: 1_330, outputTokens: 1 }
    expect(physicsRow(query)).toMatchObject({
      logBandwidth: expect.closeTo(Math.log(1_008 / 500), 6) as number,
      logActiveBytes: expect.closeTo(Math.log(14 / 4), 9) as number,
      logActiveParams: 0,
      logConcurrency: Math.LN2,
      logGpuCount: 0,
      overflow: 0,
      logPrompt: Math.LN2,
      logKeyValue: 0
    })
  })

  it('are tensor cores of a server, and shaders of others', () => {
    const gpu = 'A100 SXM4 80 GB'
    expect(physicsRow({ gpu, server: true }).logTflops).toBeCloseTo(Math.log(312 / 20), 9)
    expect(physicsRow({ gpu }).logTflops).toBeCloseTo(Math.log(19.49 / 20), 9)
    expect(physicsRow({ gpu: 'GTX 1080 Ti', server: true }).logTflops).toBeCloseTo(Math.log(11.34 / 20), 9)
  })

  it('are several GPUs of a server, which are faster together', () => {
    expect(physicsRow({ gpu: '2x RTX 3090', server: true }).logGpuCount).toBe(Math.LN2)
    expect(physicsRow({ gpu: '2x RTX 3090' }).logGpuCount).toBe(0)
  })

  it('are experts that take longer to read than their bytes, and never longer than the whole model', () => {
    expect(bytesAsRead({ bytes: 8, activeBytes: 8 })).toBeCloseTo(8, 12)
    fc.assert(
      fc.property(loads, ({ bytes, activeBytes }) => {
        const read = bytesAsRead({ bytes, activeBytes })
        expect(read).toBeGreaterThanOrEqual(activeBytes * (1 - 1e-9))
        expect(read).toBeLessThanOrEqual(bytes * (1 + 1e-9))
      })
    )
  })

  it('is a usual bandwidth where none is known', () => {
    expect(physicsRow({ gpu: 'Voodoo 3' })).toMatchObject({ logBandwidth: Math.log(400 / 500), logTflops: 0, overflow: 0 })
  })

  it('is what does not fit into memory', () => {
    const bytes = roomBytes(machineOf({ gpu: 'RTX 3060', vramGb: 12 }))
    // 11.5 GB for the weights and a tenth for the rest, of which a tenth is spilled early.
    expect(bytes / 1e9).toBeCloseTo(11.5 / 1.1 / Math.exp(0.1), 9)
    const overflowAt = (share: number) =>
      physicsRow({ gpu: 'RTX 3060', vramGb: 12, paramsB: (bytes * share) / 2e9, quant: 'fp16' }).overflow
    expect(overflowAt(0.99)).toBe(0)
    expect(overflowAt(2)).toBeCloseTo(2 * Math.LN2, 6)
    expect(roomBytes(machineOf({ gpu: 'Voodoo 3' }))).toBe(Infinity)
  })
})
