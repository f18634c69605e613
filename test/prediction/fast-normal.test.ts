import { describe, expect, it } from 'vitest'
import { fastNormal } from '../../src/prediction/fast-normal.ts'

const COUNT = 100_000

function drawn(seed: number, count = COUNT): number[] {
  const next = fastNormal(seed)
  return Array.from({ length: count }, next)
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('fast normal numbers', () => {
  it.each([0, 1, 0xffff_ffff, 0x8000_0000])('have mean 0 and variance 1 from seed %i', (seed) => {
    const values = drawn(seed)
    // Five standard errors: 1/√n of the mean, √(2/n) of the variance.
    expect(Math.abs(meanOf(values))).toBeLessThan(5 / Math.sqrt(COUNT))
    expect(Math.abs(meanOf(values.map((value) => value ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / COUNT))
  })

  it('are spread about as a normal is, with tails that end', () => {
    const values = drawn(7)
    const share = (least: number) => values.filter((value) => Math.abs(value) > least).length / COUNT
    expect(share(1)).toBeCloseTo(0.317, 1)
    expect(share(2)).toBeCloseTo(0.0455, 2)
    expect(share(3.5)).toBe(0)
  })

  it('are the same from the same seed, and others from another', () => {
    expect(drawn(12, 50)).toEqual(drawn(12, 50))
    const [a, b] = [drawn(12, 10_000), drawn(13, 10_000)]
    expect(Math.abs(meanOf(a.map((value, i) => value * b[i]))), 'seeds side by side').toBeLessThan(0.05)
  })

  it('do not follow from the ones before', () => {
    const values = drawn(99)
    expect(Math.abs(meanOf(values.slice(1).map((value, i) => value * values[i])))).toBeLessThan(5 / Math.sqrt(COUNT))
  })
})
