import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oddsOfReport, RouterTrust, type Seen, type Usual } from '../../src/reputation/trust.ts'
import { NOW_MS, tallies } from './arbitraries.ts'

const USUAL: Usual = { pace: { mean: Math.log(20), variance: 1 }, failureRatio: 0.05 }
const told = (msPerToken: number, failureRatio = 0) => {
  const successes = 20 * (1 - failureRatio)
  return { successes, failures: 20 * failureRatio, paceWeight: successes, paceSum: successes * Math.log(msPerToken) }
}
const success = (msPerToken: number): Seen => ({ successes: 1, failures: 0, logPace: Math.log(msPerToken), paceWeight: 1 })
const failure: Seen = { successes: 0, failures: 1, logPace: 0, paceWeight: 0 }
const HOUR_MS = 3_600_000

describe('the odds of a report', () => {
  it('speak for who told what came, and against who told otherwise', () => {
    expect(oddsOfReport(told(60), success(60), USUAL)).toBeGreaterThan(0.3)
    expect(oddsOfReport(told(6), success(60), USUAL)).toBeLessThan(-1)
    expect(oddsOfReport(told(20, 0.9), failure, USUAL)).toBeGreaterThan(0.3)
    expect(oddsOfReport(told(20, 0.9), success(20), USUAL)).toBeLessThan(-0.5)
  })

  it('are bounded and finite, whatever is told and seen', () => {
    const seen = fc.record({
      successes: fc.double({ min: 0, max: 1e6, noNaN: true }),
      failures: fc.double({ min: 0, max: 1e6, noNaN: true }),
      logPace: fc.double({ min: -7, max: 14, noNaN: true }),
      paceWeight: fc.double({ min: 0, max: 1e6, noNaN: true })
    })
    fc.assert(
      fc.property(tallies, seen, (tally, one) => {
        const odds = oddsOfReport(tally, one, USUAL)
        expect(odds).toBeGreaterThanOrEqual(-2)
        expect(odds).toBeLessThanOrEqual(0.7)
      })
    )
  })
})

describe('trust', () => {
  it('begins at its prior, stays between 0 and 1, and does not depend on the order of what speaks for it', () => {
    expect(new RouterTrust(0.5).value(NOW_MS)).toBeCloseTo(0.5, 12)
    const odds = fc.array(fc.double({ min: -2, max: 0.7, noNaN: true }), { maxLength: 100 })
    fc.assert(
      fc.property(odds, (all) => {
        const trust = new RouterTrust(0.9)
        for (const [i, one] of all.entries()) {
          trust.verify(one, NOW_MS + i)
          trust.agrees(one, NOW_MS + i)
          const value = trust.value(NOW_MS + i)
          expect(value).toBeGreaterThan(0)
          expect(value).toBeLessThan(1)
        }
      })
    )
  })

  it('is lost sooner than it is won', () => {
    const trust = new RouterTrust(0.5)
    for (let i = 0; i < 10; i++) trust.verify(0.4, NOW_MS)
    expect(trust.value(NOW_MS)).toBeGreaterThan(0.95)
    for (let i = 0; i < 4; i++) trust.verify(-2, NOW_MS)
    expect(trust.value(NOW_MS)).toBeLessThan(0.05)
  })

  it('of who copies what is known already does not grow far', () => {
    const trust = new RouterTrust(0.5)
    trust.agrees(1_000, NOW_MS)
    expect(trust.value(NOW_MS)).toBeLessThan(0.9)
  })

  it('remembers a lie after it was taken back, for an hour or so', () => {
    const trust = new RouterTrust(0.5)
    trust.agrees(-100, NOW_MS)
    trust.agrees(100, NOW_MS + 1)
    expect(trust.value(NOW_MS + 1)).toBeLessThan(0.01)
    expect(trust.value(NOW_MS + 10 * HOUR_MS)).toBeGreaterThan(0.8)
  })

  it('comes back from its state', () => {
    const trust = new RouterTrust(0.5)
    trust.verify(-1, NOW_MS)
    trust.agrees(-2, NOW_MS)
    const restored = new RouterTrust(0.5)
    restored.restore(trust.state())
    expect(restored.state()).toEqual(trust.state())
  })
})
