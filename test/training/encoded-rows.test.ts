import { describe, expect, it } from 'vitest'
import { PHYSICS_FEATURES, PHYSICS_WIDTH, MACHINE_FEATURES, MACHINE_WIDTH } from '../../src/throughput/features.ts'
import type { MeasuredRow } from '../../src/throughput/measured-row.ts'
import { encodeRows, selectRows } from '../../src/training/encoded-rows.ts'

const row: MeasuredRow = {
  query: { gpu: 'RTX 4090', model: 'Qwen3-30B-A3B-Q8_0' },
  tokensPerSecond: 100,
  firstTokenMs: 500,
  source: 'made up',
  weight: 2
}

function physicsOf(columns: Float32Array, index: number, name: (typeof PHYSICS_FEATURES)[number]): number {
  return columns[index * PHYSICS_WIDTH + PHYSICS_FEATURES.indexOf(name)]
}

describe('measured rows, encoded', () => {
  it('have logarithms of tokens/s and of seconds, and NaN for what was not measured', () => {
    const rows = encodeRows([row, { ...row, tokensPerSecond: undefined }, { ...row, firstTokenMs: undefined }])
    expect(rows.count).toBe(3)
    expect(rows.lnSpeed).toEqual(Float32Array.of(Math.log(100), NaN, Math.log(100)))
    expect(rows.lnFirstToken).toEqual(Float32Array.of(Math.log(0.5), Math.log(0.5), NaN))
    expect(rows.weights).toEqual(Float32Array.of(2, 2, 2))
    expect(rows.machines[MACHINE_FEATURES.indexOf('tensorCores')]).toBe(1)
  })

  it('know how they would look without quantisation, and without a model', () => {
    const { query } = row
    const same = encodeRows([
      row,
      { ...row, query: { ...query, model: 'Qwen3-30B-A3B' } },
      { ...row, query: { ...query, model: undefined } }
    ])
    const of = (index: number) => [index * PHYSICS_WIDTH, (index + 1) * PHYSICS_WIDTH] as const
    const close = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])))
    expect(close(same.physicsWithoutBits.subarray(...of(0)), same.physics.subarray(...of(1)))).toBeLessThan(1e-6)
    expect(same.physicsWithoutModel.subarray(...of(0))).toEqual(same.physics.subarray(...of(2)))
    expect(physicsOf(same.physics, 0, 'logBytes') - physicsOf(same.physicsWithoutBits, 0, 'logBytes')).toBeGreaterThan(0.5)
  })

  it('can be picked from', () => {
    const rows = encodeRows([row, { ...row, weight: 3, query: { gpu: 'RTX 3060' } }])
    const picked = selectRows(rows, [1, 1, 0])
    expect(picked.count).toBe(3)
    expect(picked.weights).toEqual(Float32Array.of(3, 3, 2))
    expect(picked.machines.subarray(2 * MACHINE_WIDTH)).toEqual(rows.machines.subarray(0, MACHINE_WIDTH))
    expect(picked.physics.subarray(0, PHYSICS_WIDTH)).toEqual(rows.physics.subarray(PHYSICS_WIDTH))
    expect(selectRows(rows, []).machines).toHaveLength(0)
  })

  it.each<[Partial<MeasuredRow>, string]>([
    [{ tokensPerSecond: -1 }, 'tokensPerSecond must be a finite number above 0, got -1'],
    [{ tokensPerSecond: NaN }, 'tokensPerSecond must be a finite number above 0, got NaN'],
    [{ firstTokenMs: 0 }, 'firstTokenMs must be a finite number above 0, got 0'],
    [{ weight: NaN }, 'weight must be a finite number above 0, got NaN'],
    [{ query: { concurrency: 0 } }, 'concurrency must be at least 1, got 0'],
    [{ tokensPerSecond: undefined, firstTokenMs: undefined }, 'tokensPerSecond or firstTokenMs must be measured, got neither']
  ])('refuse %j, and name the row', (change, message) => {
    expect(() => encodeRows([row, { ...row, ...change }])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: `row 2 (made up): ${message}` }) as Error
    )
  })
})
