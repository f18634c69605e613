import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { retrainingSchedule } from '../../../src/training/background/retraining-schedule.ts'

describe('a schedule of retraining', () => {
  it('is due after enough outcomes, and not before its time, counted from the last that began', () => {
    const clock = manualClock(5_000)
    const schedule = retrainingSchedule(clock, { everyOutcomes: 10, everyMs: 1_000 })
    expect(schedule.isDue(100)).toBe(false)
    clock.advance(999)
    expect(schedule.isDue(100)).toBe(false)
    clock.advance(1)
    expect([9, 10].map((outcomes) => schedule.isDue(outcomes))).toEqual([false, true])
    schedule.begun(10)
    expect(schedule.isDue(20)).toBe(false)
    clock.advance(1_000)
    expect([19, 20].map((outcomes) => schedule.isDue(outcomes))).toEqual([false, true])
  })

  it.each([
    [{ everyOutcomes: 0 }, 'everyOutcomes must be an integer of at least 1, got 0'],
    [{ everyMs: NaN }, 'everyMs must be a finite number of at least 0, got NaN']
  ])('checks %j', (options, message) => {
    expect(() => retrainingSchedule(manualClock(), options)).toThrow(message)
  })
})
