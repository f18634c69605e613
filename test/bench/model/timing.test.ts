import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { median, medianUs } from './timing.ts'

const NOTHING = new Float32Array()

/** Takes a millisecond of computing. */
function busy(): Float32Array {
  for (const end = systemClock.now() + 1; systemClock.now() < end;);
  return NOTHING
}

describe('timing', () => {
  it('takes the upper of two values in the middle, and leaves the list as it is', () => {
    const values = [4, 1, 3, 2]
    expect(median(values)).toBe(3)
    expect(values).toEqual([4, 1, 3, 2])
  })

  it.each([
    ['answers at once', busy],
    ['is waited for', () => Promise.resolve().then(busy)]
  ])('counts the microseconds of what %s', async (_, run) => {
    const us = await medianUs(run, 5)
    expect(us).toBeGreaterThanOrEqual(1000)
    expect(us).toBeLessThan(100_000)
  })
})
