import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../../src/core/rng.ts'
import { trendOf, verdictOf } from './trend.ts'

const readings = (count: number, mb: (hours: number) => number) =>
  Array.from({ length: count }, (_, i) => ({ hours: i / 360, mb: mb(i / 360) }))

describe('trendOf', () => {
  it('finds the slope of a line, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 100 }), fc.integer({ min: 4, max: 400 }), (slope, count) => {
        const trend = trendOf(readings(count, (hours) => 200 + slope * hours))!
        expect(trend.slope).toBeCloseTo(slope, 6)
        expect(trend.high - trend.low).toBeLessThan(1e-6)
      })
    )
  })

  it('has an interval that holds the slope 95 times in 100', () => {
    let holds = 0
    for (let seed = 0; seed < 400; seed++) {
      const rng = pcg32(seed)
      const { low, high } = trendOf(readings(180, (hours) => 200 + 7 * hours + 20 * rng.next()))!
      if (low <= 7 && 7 <= high) holds += 1
    }
    expect(holds / 400).toBeGreaterThan(0.92)
    expect(holds / 400).toBeLessThan(0.98)
  })

  it('says nothing of three readings', () => {
    expect(trendOf(readings(3, () => 1))).toBeUndefined()
  })
})

it.each([
  [{ slope: 1, low: 0, high: 2 }, 'steady'],
  [{ slope: 9, low: 6, high: 12 }, 'grows'],
  [{ slope: 6, low: 4, high: 8 }, 'unclear'],
  [undefined, 'unclear']
])('%j under a limit of 5 is %s', (trend, verdict) => {
  expect(verdictOf(trend, 5)).toBe(verdict)
})
