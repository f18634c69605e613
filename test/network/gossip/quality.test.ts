import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { applicationScore, peerQuality } from '../../../src/network/gossip/application-score.ts'
import { internalsOf } from '../../../src/network/gossip/internals.ts'
import { standingOf } from '../../../src/network/gossip/standing.ts'
import type { Evidence } from '../../../src/peer/evidence.ts'
import { peerTable } from '../../../src/peer/peer-table.ts'
import { reputation } from '../../../src/scoring/factors/reputation.ts'

function evidence(outcomes: Partial<Evidence['outcomes']>): Evidence {
  const all = { successRatio: 1, weight: 5, count: 5, tokensPerSecond: 10, msPerWorkToken: 20, ...outcomes }
  return { ...peerTableEvidence(), outcomes: all }
}

function peerTableEvidence(): Evidence {
  const table = peerTable()
  return table.evidence(table.add('ada', 0), 0)
}

const OPTIONS = { usualMsPerWorkToken: 20, halfWeight: 5 }

describe('the quality of a peer', () => {
  it.each([
    { text: 'of which nothing is known', outcomes: { successRatio: undefined, weight: 0 }, quality: 0 },
    { text: 'that is as usual', outcomes: {}, quality: 0 },
    { text: 'of twice the usual speed', outcomes: { msPerWorkToken: 10 }, quality: 1 / 6 },
    { text: 'that fails half of its jobs', outcomes: { successRatio: 0.5 }, quality: -1 / 4 },
    { text: 'that fails all', outcomes: { successRatio: 0, msPerWorkToken: undefined }, quality: -1 / 2 }
  ])('$text is $quality after five outcomes', ({ outcomes, quality }) => {
    expect(peerQuality(evidence(outcomes), OPTIONS)).toBeCloseTo(quality, 12)
  })

  it('is between −1 and 1, grows with successes and falls with the pace, whatever was observed', () => {
    const positive = fc.double({ min: 1e-6, max: 1e12, noNaN: true })
    const ratio = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(ratio, ratio), fc.tuple(positive, positive), positive, ([a, b], [pace, other], weight) => {
        const quality = (successRatio: number, msPerWorkToken: number) =>
          peerQuality(evidence({ successRatio, msPerWorkToken, weight }), OPTIONS)
        expect(Math.abs(quality(a, pace))).toBeLessThanOrEqual(1)
        expect(quality(Math.max(a, b), pace)).toBeGreaterThanOrEqual(quality(Math.min(a, b), pace))
        expect(quality(a, Math.min(pace, other))).toBeGreaterThanOrEqual(quality(a, Math.max(pace, other)))
      }),
      { seed: 1 }
    )
  })

  it('is held against the median pace of all peers, and fades', () => {
    const clock = manualClock(1_000_000)
    const table = peerTable()
    const score = applicationScore({ table, clock })
    expect(score('nobody')).toBe(0)
    for (const [peer, durationMs] of [
      ['fast', 500],
      ['usual', 1000],
      ['slow', 4000]
    ] as const) {
      const outcome = { ok: true, durationMs, firstTokenMs: 1, outputTokens: 100 } as const
      const job = { promptTokens: 0, expectedOutputTokens: 100, inFlightAtDispatch: 0 }
      for (let i = 0; i < 5; i += 1) table.observe(peer, { kind: 'outcome', ...job, outcome }, clock.wall())
    }
    clock.advance(10_000)
    expect(score('usual')).toBeCloseTo(0, 2)
    expect(score('fast')).toBeGreaterThan(0.1)
    expect(score('slow')).toBeLessThan(-0.2)
    const before = score('slow')
    clock.advance(3_600_000)
    expect(score('slow')).toBeGreaterThan(before / 10)
    expect(score('slow')).toBeLessThan(0)
  })
})

describe('the standing of a peer', () => {
  it.each([
    [0, 0],
    [-100, -0.5],
    [100, 0.5],
    [-Infinity, -1],
    [NaN, 0]
  ])('of a score of %d is %d, where 100 is half', (score, standing) => {
    expect(standingOf(score, 100)).toBe(standing)
  })

  it('is between −1 and 1 and keeps the order of scores', () => {
    const score = fc.double({ noNaN: true })
    fc.assert(
      fc.property(score, score, (a, b) => {
        expect(Math.abs(standingOf(a, 100))).toBeLessThanOrEqual(1)
        expect(standingOf(Math.max(a, b), 100)).toBeGreaterThanOrEqual(standingOf(Math.min(a, b), 100))
      }),
      { seed: 2 }
    )
  })

  it.each([1.1, -1.1, NaN, Infinity])('is refused by the peer table when it is %d', (standing) => {
    expect(() => {
      peerTable().observe('ada', { kind: 'gossip', standing }, 0)
    }).toThrow(/\|standing\| must be between 0 and 1/)
  })

  it('fades to half in ten minutes', () => {
    const table = peerTable()
    table.observe('ada', { kind: 'gossip', standing: -0.8 }, 0)
    expect(table.evidence(table.rowOf('ada'), 600_000).gossipStanding).toBeCloseTo(-0.4)
  })
})

it('another gossipsub than the one whose insides are known is refused', () => {
  expect(() => internalsOf({} as never)).toThrow(/GossipSub of @libp2p\/gossipsub 17/)
})

describe('the reputation of a peer', () => {
  const known: Evidence = {
    ...peerTableEvidence(),
    sessions: { uptimeRatio: 0.7, observedMs: 3_600_000, departuresPerHour: 0, connected: true }
  }

  it('moves with its standing in gossip, by 20 points down and 5 up at most', () => {
    const standing = fc.double({ min: -1, max: 1, noNaN: true })
    const { score: base, maturity } = reputation.corrected(known)
    const at = (gossipStanding: number) => reputation.corrected({ ...known, gossipStanding })
    fc.assert(
      fc.property(standing, standing, (a, b) => {
        expect(at(a).score - base).toBeGreaterThanOrEqual(-20)
        expect(at(a).score - base).toBeLessThanOrEqual(5)
        expect(at(Math.max(a, b)).score).toBeGreaterThanOrEqual(at(Math.min(a, b)).score)
        expect(at(a).maturity).toBe(maturity)
      }),
      { seed: 3 }
    )
  })

  it('is not made by gossip alone', () => {
    expect(reputation.corrected({ ...peerTableEvidence(), gossipStanding: 1 }).maturity).toBe(0)
  })
})
