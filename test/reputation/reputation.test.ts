import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReputationOptions } from '../../src/reputation/options.ts'
import { type Reputation, reputation } from '../../src/reputation/reputation.ts'
import type { Summary } from '../../src/reputation/summary.ts'
import { NOW_MS, summaries, summaryOf } from './arbitraries.ts'

const SELF = { routerId: 'self' }
const EXPECTED = { mean: Math.log(20), variance: 1 }
const FAILING = { share: 0.05, outcomes: 5 }
const MINUTE_MS = 60_000

const pace = (known: Reputation, peer = 'peer') => known.pace(peer, EXPECTED, NOW_MS)
const fast = { successes: 50, paceWeight: 50, paceSum: 50 * Math.log(5) }

describe('what is heard of a peer', () => {
  it('is what is expected where nobody says anything', () => {
    const known = reputation(SELF, { friends: ['friend'] })
    known.receive(summaryOf('friend', { peer: 'another' }), 'g', NOW_MS)
    expect(pace(known)).toEqual(EXPECTED)
    expect(known.failures('peer', FAILING, NOW_MS)).toEqual(FAILING)
  })

  it('counts for more from a friend than from any number of strangers', () => {
    const friendly = reputation(SELF, { friends: ['friend'] })
    friendly.receive(summaryOf('friend', fast), 'g', NOW_MS)
    const strange = reputation(SELF)
    for (let i = 0; i < 100; i++) strange.receive(summaryOf(`stranger-${i}`, fast), `g${i}`, NOW_MS)
    expect(pace(friendly).mean).toBeLessThan(Math.log(10))
    expect(pace(strange).mean).toBeLessThan(EXPECTED.mean)
    expect(pace(strange).mean).toBeGreaterThanOrEqual(EXPECTED.mean - strange.bounds.strangers.pace - 1e-12)
    expect(pace(friendly).variance).toBeLessThan(0.5)
    // Strangers make nobody surer.
    expect(pace(strange).variance).toBe(EXPECTED.variance)
  })

  it('is bounded for any summaries of any strangers', () => {
    const routers = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']
    const all = fc.array(fc.tuple(summaries({ routers, peers: ['peer', 'q'] }), fc.constantFrom('g1', 'g2', 'g3')))
    fc.assert(
      fc.property(all, (heard) => {
        const known = reputation(SELF)
        for (const [summary, group] of heard) known.receive(summary, group, NOW_MS)
        const { mean, variance } = pace(known)
        expect(Math.abs(mean - EXPECTED.mean)).toBeLessThanOrEqual(known.bounds.strangers.pace + 1e-9)
        expect(variance).toBe(EXPECTED.variance)
        const { share, outcomes } = known.failures('peer', FAILING, NOW_MS)
        expect(Math.abs(share - FAILING.share)).toBeLessThanOrEqual(known.bounds.strangers.failures + 1e-9)
        expect(outcomes).toBe(FAILING.outcomes)
      })
    )
  })

  it('is the same whatever came first', () => {
    fc.assert(
      fc.property(fc.array(summaries({ peers: ['peer', 'q'] }), { maxLength: 10 }), (heard) => {
        const [a, b] = [heard, [...heard].reverse()].map((order) => {
          const known = reputation(SELF, { friends: ['r1'] })
          for (const summary of order) known.receive(summary, 'g', NOW_MS)
          return [pace(known), known.failures('peer', FAILING, NOW_MS)]
        })
        expect(a).toEqual(b)
      })
    )
  })

  it('of somebody who lied about other peers is not listened to', () => {
    const known = reputation(SELF, { friends: ['liar'] })
    const peers = ['a', 'b', 'c', 'd', 'peer']
    const lies = peers.map((peer) => ({ peer, successes: 50, failures: 0, paceWeight: 50, paceSum: 50 * Math.log(2) }))
    known.receive({ router: 'liar', sequence: 1, atMs: NOW_MS, peers: lies }, 'g', NOW_MS)
    expect(pace(known).mean).toBeLessThan(Math.log(10))
    for (const peer of ['a', 'b', 'c', 'd']) known.observe(peer, { ok: true, logPace: Math.log(60) }, NOW_MS)
    expect(known.trust('liar', NOW_MS)).toBeLessThan(0.05)
    expect(pace(known)).toEqual(EXPECTED)
  })
})

describe('a summary that comes', () => {
  const take = (known: Reputation, summary: Summary, nowMs = NOW_MS) => known.receive(summary, 'g', nowMs).verdict

  it('is taken once, and only where it is newer', () => {
    const known = reputation(SELF)
    expect(known.receive(summaryOf('r', {}, 2), 'g', NOW_MS)).toEqual({ verdict: 'taken', reason: 'newer' })
    const { revision } = known
    expect(known.receive(summaryOf('r', {}, 2), 'g', NOW_MS)).toEqual({ verdict: 'ignored', reason: 'known' })
    expect(known.receive(summaryOf('r', {}, 1), 'g', NOW_MS)).toEqual({ verdict: 'ignored', reason: 'known' })
    expect(known.receive(summaryOf('self'), 'g', NOW_MS)).toEqual({ verdict: 'ignored', reason: 'own' })
    expect(known.revision).toBe(revision)
  })

  it.each([
    ['late within what clocks may differ', 119_000, 'taken'],
    ['a little too late', 121_000, 'ignored'],
    ['much too late: it was kept', 241_000, 'refused'],
    ['a little early', -29_000, 'taken'],
    ['too early', -31_000, 'ignored'],
    ['from a day ahead', -86_400_000, 'refused']
  ] as const)('%s', (_, ageMs, verdict) => {
    expect(take(reputation(SELF), summaryOf('r', {}, 1, NOW_MS - ageMs))).toBe(verdict)
  })

  it('of one crowd too many finds no room, and drives nobody out; a friend always does', () => {
    const known = reputation(SELF, { maxStrangers: 8, friends: ['friend'] })
    expect(take(known, summaryOf('first'))).toBe('taken')
    for (let i = 0; i < 5; i++) known.receive(summaryOf(`sybil-${i}`), 'crowd', NOW_MS)
    expect(known.routers()).toEqual(['first', 'sybil-0', 'sybil-1'])
    for (let i = 0; i < 20; i++) known.receive(summaryOf(`other-${i}`), `g${i}`, NOW_MS)
    expect(known.routers()).toHaveLength(8)
    expect(take(known, summaryOf('friend'))).toBe('taken')
    // A slot that is not renewed falls free.
    const laterMs = NOW_MS + 7 * 60 * MINUTE_MS
    expect(take(known, summaryOf('first', {}, 2, laterMs), laterMs)).toBe('taken')
    expect(take(known, summaryOf('late', {}, 1, laterMs), laterMs)).toBe('taken')
    expect(known.routers()).toContain('first')
    expect(known.routers()).not.toContain('other-0')
  })

  it('is refused with a figure that no router may tell, and nothing changes', () => {
    const known = reputation(SELF)
    expect(() => known.receive(summaryOf('r', { failures: NaN }), 'g', NOW_MS)).toThrow('tally.failures')
    expect(known.routers()).toEqual([])
  })
})

describe('own summaries', () => {
  it('tell what others take, with growing sequences, whatever the clock does', () => {
    const known = reputation({ routerId: 'self', isTold: (peer) => peer !== 'my-backend' })
    known.observe('peer', { ok: true, logPace: 3 }, NOW_MS)
    known.observe('peer', { ok: false }, NOW_MS)
    known.observe('my-backend', { ok: true, logPace: 3 }, NOW_MS)
    const first = known.summary(NOW_MS + 0.5)
    expect(first).toEqual({
      router: 'self',
      sequence: NOW_MS,
      atMs: NOW_MS,
      peers: [{ peer: 'peer', successes: 1, failures: 1, paceWeight: 1, paceSum: 3 }]
    })
    expect(known.summary(NOW_MS - 5_000).sequence).toBe(NOW_MS + 1)
    expect(reputation({ routerId: 'other' }).receive(first, 'g', NOW_MS).verdict).toBe('taken')
    expect(reputation(SELF, { share: false }).summary(NOW_MS).peers).toEqual([])
  })
})

describe('a snapshot', () => {
  it('goes on where it left off', () => {
    const options: ReputationOptions = { friends: ['friend'] }
    const known = reputation(SELF, options)
    known.receive(summaryOf('friend', fast), 'g', NOW_MS)
    known.receive(summaryOf('stranger', { failures: 5 }), 'g', NOW_MS)
    known.observe('peer', { ok: true, logPace: 1.7 }, NOW_MS)
    const told = known.summary(NOW_MS)
    const restored = reputation(SELF, options)
    restored.restore(JSON.parse(JSON.stringify(known.snapshot())))
    expect(restored.snapshot()).toEqual(known.snapshot())
    expect(restored.summary(NOW_MS)).toEqual({ ...told, sequence: told.sequence + 1 })
    expect(pace(restored).mean).toBeCloseTo(pace(known).mean, 1)
  })

  it.each([
    undefined,
    { version: 2 },
    { version: 1 },
    { version: 1, sequence: 1, own: [['p', { tally: { successes: -1 }, landmarkMs: 1, count: 1 }]], slots: [], trust: [] },
    { version: 1, sequence: 1, own: [], slots: [{ group: 'g', summary: summaryOf('') }], trust: [] },
    { version: 1, sequence: 1, own: [], slots: [], trust: [['r', [NaN, 0, 0, 0]]] }
  ])('of another shape is refused: %j', (snapshot) => {
    expect(() => {
      reputation(SELF).restore(snapshot)
    }).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT' }) as Error)
  })
})

describe('options', () => {
  it.each<ReputationOptions>([
    { friends: [''] },
    { friendShare: 1 },
    { strangerShare: NaN },
    { groupShare: -0.1 },
    { maxStrangers: 1.5 },
    { freshnessMs: 0 },
    { clockSkewMs: Infinity }
  ])('are checked: %j', (options) => {
    expect(() => reputation(SELF, options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error)
  })
})
