import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import { requestBudget } from '../../src/network/request-budget.ts'
import { SUMMARY_BUDGET } from '../../src/network/reputation/share-reputation.ts'

describe('requestBudget', () => {
  it('grants a burst, then so many a second', () => {
    const clock = manualClock()
    const budget = requestBudget(clock, { perSecond: 2, burst: 3 })
    expect(Array.from({ length: 5 }, () => budget.take('a'))).toEqual([true, true, true, false, false])
    expect(budget.waitMs('a')).toBe(500)
    clock.advance(499)
    expect(budget.take('a')).toBe(false)
    clock.advance(1)
    expect(budget.take('a')).toBe(true)
    expect(budget.take('a')).toBe(false)
  })

  it('grants each peer its own', () => {
    const budget = requestBudget(manualClock(), { perSecond: 1, burst: 1 })
    expect([budget.take('a'), budget.take('a'), budget.take('b')]).toEqual([true, false, true])
  })

  it('forgets the peer that was quiet for the longest, not one that keeps asking', () => {
    const budget = requestBudget(manualClock(), { perSecond: 1, burst: 1, maxPeers: 2 })
    budget.take('loud')
    budget.take('quiet')
    budget.take('loud')
    budget.take('new')
    expect([budget.take('loud'), budget.take('quiet')]).toEqual([false, true])
  })

  it('never grants more than the burst and the rate together', () => {
    const asks = fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { maxLength: 60 })
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 20, noNaN: true }), fc.integer({ min: 1, max: 10 }), asks, (rate, burst, waits) => {
        const clock = manualClock()
        const budget = requestBudget(clock, { perSecond: rate, burst })
        let granted = 0
        for (const waitMs of waits) {
          clock.advance(waitMs)
          if (budget.take('a')) granted += 1
        }
        expect(granted).toBeLessThanOrEqual(burst + (clock.now() * rate) / 1000 + 1e-6)
      })
    )
  })

  it.each([
    { perSecond: 0, burst: 1 },
    { perSecond: NaN, burst: 1 },
    { perSecond: 1, burst: 0.5 },
    { perSecond: 1, burst: 1, maxPeers: 0 }
  ])('refuses %o', (options) => {
    expect(() => requestBudget(manualClock(), options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe('the budget of summaries', () => {
  it('lets four through at once, and one every five seconds', () => {
    const clock = manualClock()
    const budget = requestBudget(clock, SUMMARY_BUDGET)
    const allowed = (nowMs: number) => {
      clock.advance(nowMs - clock.now())
      return budget.take('r')
    }
    expect([0, 0, 0, 0, 0, 0].map(allowed)).toEqual([true, true, true, true, false, false])
    expect([4_999, 5_000, 5_001, 10_000].map(allowed)).toEqual([false, true, false, true])
    expect(budget.take('another')).toBe(true)
  })

  it('keeps count of so many routers, and no more', () => {
    const budget = requestBudget(manualClock(), SUMMARY_BUDGET)
    for (let i = 0; i < 4; i++) budget.take('first')
    expect(budget.take('first')).toBe(false)
    for (let i = 0; i < 2_048; i++) budget.take(`r${i}`)
    expect(budget.take('first')).toBe(true)
  })
})
