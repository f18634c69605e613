import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'

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
