import { describe, expect, it } from 'vitest'
import { Hedging } from '../../src/router/hedging.ts'

/** Knows a hundred first tokens that were expected after 100 ms and came after 1 to 100 ms. */
function taught(options = {}): Hedging {
  const hedging = new Hedging({ leastDelayMs: 1, ...options })
  for (let ms = 1; ms <= 100; ms++) hedging.observe(100, ms)
  return hedging
}

describe('hedging', () => {
  it('knows nothing before twenty first tokens', () => {
    const hedging = new Hedging()
    for (let i = 0; i < 19; i++) hedging.observe(100, 100)
    expect(hedging.delayMs(100)).toBeUndefined()
    hedging.observe(100, 100)
    expect(hedging.delayMs(100)).toBe(100)
  })

  it('waits for as long as nearly all took, over what was expected of them', () => {
    expect(taught({ tail: 0.95 }).delayMs(100)).toBeCloseTo(95)
    expect(taught({ tail: 0.5 }).delayMs(40)).toBeCloseTo(20)
    expect(taught({ leastDelayMs: 50 }).delayMs(1)).toBe(50)
  })

  it('does not wait for minutes because minutes are expected', () => {
    expect(taught({ tail: 0.95 }).delayMs(600_000)).toBeCloseTo(3 * 95)
  })

  it('saves up second sendings, and not without end', () => {
    const hedging = new Hedging({ budgetRatio: 0.5 })
    expect([hedging.spend(), hedging.spend()]).toEqual([true, false])
    hedging.sent()
    expect(hedging.spend()).toBe(false)
    hedging.sent()
    expect(hedging.spend()).toBe(true)
    for (let i = 0; i < 1000; i++) hedging.sent()
    let spent = 0
    while (hedging.spend()) spent += 1
    expect(spent).toBe(10)
    hedging.giveBack()
    expect(hedging.spend()).toBe(true)
  })
})
