import { describe, expect, it, vi } from 'vitest'
import { manualClock, systemClock } from '../../src/core/clock.ts'

describe('the manual clock', () => {
  it('runs timers in the order of their due time and shows them the time at which they were due', () => {
    const clock = manualClock(100)
    const seen: [string, number][] = []
    clock.after(20, () => seen.push(['second', clock.now()]))
    clock.after(10, () => {
      seen.push(['first', clock.now()])
      clock.after(5, () => seen.push(['nested', clock.now()]))
    })
    clock.advance(30)
    expect(seen).toEqual([
      ['first', 110],
      ['nested', 115],
      ['second', 120]
    ])
    expect(clock.wall()).toBe(130)
  })

  it('does not run a timer that was cancelled', () => {
    const clock = manualClock()
    let ran = false
    const cancel = clock.after(1, () => (ran = true))
    cancel()
    clock.advance(2)
    expect(ran).toBe(false)
  })
})

describe('the clock of the system', () => {
  it('waits longer than a timer of Node can, and can be told not to', () => {
    vi.useFakeTimers()
    try {
      let ran = 0
      const delayMs = 2.5 * 2 ** 31
      systemClock.after(delayMs, () => (ran += 1))
      const cancel = systemClock.after(delayMs, () => (ran += 10))
      vi.advanceTimersByTime(delayMs - 10)
      expect(ran).toBe(0)
      cancel()
      vi.advanceTimersByTime(20)
      expect(ran).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
})
