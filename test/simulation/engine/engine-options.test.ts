import { describe, expect, it } from 'vitest'
import { capacityTokensPerSecond, resolveEngineOptions } from '../../../src/simulation/engine/engine-options.ts'
import { between, constant, product } from '../../../src/simulation/engine/factor-over-time.ts'

describe('capacityTokensPerSecond', () => {
  it.each([
    ['one slot is the speed of one job', { slots: 1 }, 0, 100],
    ['four slots under the usual slow-down', {}, 0, 400 / 1.45],
    ['no slow-down', { slots: 8, slowdown: 0 }, 0, 800],
    ['part of the machine taken', { slots: 1, speed: constant(0.7) }, 0, 70],
    ['part of the machine taken later', { slots: 1, speed: between(10, 20, 0.5) }, 15, 50]
  ])('%s', (_, options, atMs, expected) => {
    expect(capacityTokensPerSecond({ name: 'gpu', tokensPerSecond: 100, ...options }, atMs)).toBeCloseTo(expected, 9)
  })
})

describe('resolveEngineOptions', () => {
  it('reads prompts twenty times as fast as it writes, unless told otherwise', () => {
    expect(resolveEngineOptions({ name: 'gpu', tokensPerSecond: 10 }).prefillTokensPerSecond).toBe(200)
    const told = resolveEngineOptions({ name: 'gpu', tokensPerSecond: 10, prefillTokensPerSecond: 50 })
    expect(told.prefillTokensPerSecond).toBe(50)
  })
})

describe('factors over time', () => {
  it('hold from their start until before their end', () => {
    expect([9, 10, 19, 20].map(between(10, 20, 0.5))).toEqual([1, 0.5, 0.5, 1])
  })

  it('multiply', () => {
    const factor = product(constant(0.5), between(10, 20, 0.5), between(15, 30, 0))
    expect([0, 10, 15, 25, 30].map(factor)).toEqual([0.5, 0.25, 0, 0, 0.5])
    expect(product()(0)).toBe(1)
  })

  it.each([NaN, -1, Infinity])('refuse %s', (factor) => {
    expect(() => constant(factor)).toThrow('factor must be a finite number of at least 0')
    expect(() => between(0, 1, factor)).toThrow('factor must be a finite number of at least 0')
  })
})
