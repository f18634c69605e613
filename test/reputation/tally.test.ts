import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../../src/reputation/ledger.ts'
import { aged, checkTally, logPaceOfTally, sumOf, TALLY_HALF_LIFE_MS, tallyLogPace } from '../../src/reputation/tally.ts'
import { NOW_MS, tallies } from './arbitraries.ts'

const figures = ['successes', 'failures', 'paceWeight', 'paceSum'] as const

describe('tallies', () => {
  it('add up in any order', () => {
    fc.assert(
      fc.property(tallies, tallies, tallies, (a, b, c) => {
        expect(sumOf(a, b)).toEqual(sumOf(b, a))
        const [left, right] = [sumOf(sumOf(a, b), c), sumOf(a, sumOf(b, c))]
        const size = Math.abs(a.paceSum) + Math.abs(b.paceSum) + Math.abs(c.paceSum)
        for (const figure of figures) {
          expect(Math.abs(left[figure] - right[figure])).toBeLessThanOrEqual(1e-12 * (size + Math.abs(left[figure])))
        }
      })
    )
  })

  it('weigh half after a half-life, with the same mean', () => {
    fc.assert(
      fc.property(tallies, (tally) => {
        const left = aged(tally, TALLY_HALF_LIFE_MS)
        for (const figure of figures) expect(left[figure]).toBe(tally[figure] / 2)
      })
    )
  })

  it('hold no figure that is NaN, negative, infinite or huge', () => {
    const sound = { successes: 10, failures: 2, paceWeight: 8, paceSum: 8 * 3 }
    expect(checkTally(sound)).toEqual(sound)
    for (const figure of figures) {
      for (const value of [NaN, Infinity, -Infinity, 1e7, -1]) {
        if (figure === 'paceSum' && value === -1) continue
        expect(() => checkTally({ ...sound, [figure]: value })).toThrow(
          expect.objectContaining({ code: 'ERR_PROTOCOL' }) as Error
        )
      }
    }
    expect(() => checkTally({ ...sound, paceWeight: 11 })).toThrow('tally.paceWeight')
    expect(() => checkTally({ ...sound, paceSum: -100 })).toThrow('tally.paceSum')
    expect(() => checkTally({ ...sound, paceWeight: 0 })).toThrow('tally.paceSum')
  })

  it('take any pace that a peer can have', () => {
    expect(tallyLogPace(20)).toBeCloseTo(Math.log(20), 12)
    expect(tallyLogPace(1e99)).toBeCloseTo(Math.log(1e6), 12)
    for (const none of [undefined, 0, -1, NaN]) expect(tallyLogPace(none)).toBeUndefined()
  })
})

const event = fc.record({
  ageMs: fc.integer({ min: 0, max: 10 * TALLY_HALF_LIFE_MS }),
  ok: fc.boolean(),
  logPace: fc.option(fc.double({ min: -5, max: 12, noNaN: true }), { nil: undefined })
})

describe('the ledger', () => {
  it('comes to the same sums whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.nat()), (events, keys) => {
        const inOrder = new Ledger()
        for (const { ageMs, ...outcome } of events) inOrder.observe('p', outcome, NOW_MS - ageMs)
        const shuffled = new Ledger()
        const order = events.map((one) => ({ one, key: Number(keys.next().value) })).sort((a, b) => a.key - b.key)
        for (const { one } of order) shuffled.observe('p', one, NOW_MS - one.ageMs)
        const [a, b] = [inOrder.tally('p', NOW_MS), shuffled.tally('p', NOW_MS)]
        let exact = 0
        for (const { ageMs, ok } of events) if (!ok) exact += 2 ** (-ageMs / TALLY_HALF_LIFE_MS)
        expect(a.failures).toBeCloseTo(exact, 9)
        for (const figure of figures) expect(a[figure]).toBeCloseTo(b[figure], 9)
        expect(inOrder.count('p')).toBe(events.length)
      })
    )
  })

  it('always tells what others take', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const ledger = new Ledger()
        for (const [i, { ageMs, ...outcome }] of events.entries()) ledger.observe(`p${i % 7}`, outcome, NOW_MS - ageMs)
        const told = ledger.told(1, NOW_MS, () => true)
        expect(told.map(({ peer }) => peer)).toEqual([...told.map(({ peer }) => peer)].sort())
        for (const tally of told) checkTally(tally)
      })
    )
  })

  it('tells the peers that it knows best, and forgets the one it knows least', () => {
    const ledger = new Ledger()
    const name = (i: number) => `p${String(i).padStart(5, '0')}`
    for (let i = 0; i < 4_100; i++) {
      for (let jobs = 0; jobs <= (i < 256 ? 1 : 0); jobs++) ledger.observe(name(i), { ok: true, logPace: 3 }, NOW_MS)
    }
    const told = ledger.told(1, NOW_MS, () => true)
    expect(told).toHaveLength(256)
    expect(told[255].peer).toBe(name(255))
    expect(ledger.entries()).toHaveLength(4_096)
    expect(logPaceOfTally(ledger.tally(name(4_099), NOW_MS))).toBe(3)
    expect(ledger.told(1, NOW_MS, (peer) => peer === name(7)).map(({ peer }) => peer)).toEqual([name(7)])
  })
})
