import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FailureBelief } from '../../src/prediction/failure-belief.ts'

const MINUTE_MS = 60_000

function after(outcomes: readonly boolean[], usual: number, workloadClass = 'interactive'): FailureBelief {
  const belief = new FailureBelief()
  for (const failed of outcomes) belief.observe(workloadClass, failed, usual, 0)
  return belief
}

const failures = (count: number) => Array.from({ length: count }, () => true)

describe('the share of failures to expect', () => {
  it('is the usual one while nothing unusual happens', () => {
    expect(new FailureBelief().expected('interactive', 0.1, 0)).toBe(0.1)
    expect(after([false, true, false, false, true, false], 0.3).expected('interactive', 0.3, 0)).toBeCloseTo(0.3, 2)
  })

  it('rises with a row of failures, and comes back with successes', () => {
    const shares = [1, 3, 5, 10, 30].map((count) => after(failures(count), 0.02).expected('interactive', 0.02, 0))
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(shares[0]).toBeGreaterThan(0.1)
    expect(shares[1]).toBeGreaterThan(0.9)
    expect(shares[4]).toBeLessThanOrEqual(0.95)
    expect(after([...failures(30), false, false, false], 0.02).expected('interactive', 0.02, 0)).toBeLessThan(0.05)
    expect(after([...failures(10), ...Array.from({ length: 10 }, () => false)], 0.02).expected('interactive', 0.02, 0)).toBe(0.02)
  })

  it('hardly rises with a failure of a peer that often fails', () => {
    expect(after([true], 0.4).expected('interactive', 0.4, 0)).toBeLessThan(0.42)
    expect(after(failures(2), 0.4).expected('interactive', 0.4, 0)).toBeLessThan(0.45)
  })

  it('is that of the class: a peer may stop to serve one kind of work', () => {
    const belief = after(failures(10), 0.02)
    expect(belief.expected('interactive', 0.02, 0)).toBeGreaterThan(0.7)
    expect(belief.expected('batch', 0.02, 0)).toBe(0.02)
  })

  it('goes back to the usual one with time, so that the peer is tried again', () => {
    const belief = after(failures(10), 0.02)
    const shares = [0, 1, 2, 5].map((minutes) => belief.expected('interactive', 0.02, minutes * MINUTE_MS))
    expect(shares).toEqual(shares.toSorted((a, b) => b - a))
    expect(shares[2]).toBeLessThan(0.3)
    expect(shares[3]).toBeLessThan(0.05)
  })

  it('falls below the usual one for a peer that lately never fails', () => {
    const successes = Array.from({ length: 30 }, () => false)
    expect(after(successes, 0.6).expected('interactive', 0.6, 0)).toBeLessThan(0.3)
  })

  it('is a share, whatever happens', () => {
    const step = fc.record({ failed: fc.boolean(), usual: fc.double({ min: 0, max: 1, noNaN: true }), afterMs: fc.nat(200_000) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const belief = new FailureBelief()
        let atMs = 0
        for (const { failed, usual, afterMs } of steps) {
          atMs += afterMs
          belief.observe('batch', failed, usual, atMs)
          const share = belief.expected('batch', usual, atMs)
          expect(share >= 0 && share <= 1, `a share of ${share}`).toBe(true)
        }
      })
    )
  })
})
