import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import { idlePeerScore, PYRSIA, pyrsiaRanker, reportedMetrics } from '../../src/scoring/reported-metrics.ts'
import { createSelection } from '../../src/selector/selection.ts'

const JOB = { id: 'j', model: 'm', workloadClass: 'download', promptTokens: 0, expectedOutputTokens: 16, deadlineMs: 1e4 }

/** Peers in the order of the ranker, best first. */
function ranked(metrics: Readonly<Record<string, number | undefined>>, { seed = 1, atMs = 0 } = {}): string[] {
  const table = peerTable()
  const heard = reportedMetrics()
  for (const [peer, metric] of Object.entries(metrics)) {
    table.add(peer, 0)
    if (metric !== undefined) heard.heard(peer, metric, 0)
  }
  const count = table.size
  const scores = new Float64Array(count)
  const rows = Int32Array.from({ length: count }, (_, row) => row)
  pyrsiaRanker(heard).rank({ table, rows, count, atMs, retries: 2, seed }, JOB, scores)
  return [...rows].sort((a, b) => scores[b] - scores[a]).map((row) => table.peerAt(row))
}

describe('the Pyrsia arm', () => {
  it('ranks by metric, the lowest first, and who did not say last', () => {
    expect(ranked({ silent: undefined, busy: 900, calm: 0.6, full: 1e9 })).toEqual(['calm', 'busy', 'full', 'silent'])
  })

  it('takes an idle peer before the others, and 0.5 is not idle', () => {
    expect(ranked({ edge: 0.5, idle: 0.499, busy: 3 })).toEqual(['idle', 'edge', 'busy'])
  })

  it('lets chance decide among idle peers, whatever their metrics are', () => {
    const firsts = Array.from({ length: 400 }, (_, seed) => ranked({ zero: 0, some: 0.3, most: 0.49 }, { seed })[0])
    const counts = ['zero', 'some', 'most'].map((peer) => firsts.filter((first) => first === peer).length)
    expect(Math.min(...counts)).toBeGreaterThan(90)
  })

  it('ranks alike under one seed', () => {
    const once = ranked({ a: 0, b: 0, c: 0, d: 0 }, { seed: 7 })
    expect(ranked({ a: 0, b: 0, c: 0, d: 0 }, { seed: 7 })).toEqual(once)
  })

  it('does not know a metric that is too old', () => {
    expect(ranked({ a: 3, b: undefined }, { atMs: 60_000 })).toEqual(['a', 'b'])
    const heard = reportedMetrics({ maxAgeMs: 100 })
    heard.heard('a', 3, 0)
    expect([heard.metric('a', 100), heard.metric('a', 101)]).toEqual([3, undefined])
  })

  it('never gives NaN, and keeps the order of the rule', () => {
    const metric = fc.option(fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true, maxExcluded: true }), { nil: undefined })
    fc.assert(
      fc.property(metric, metric, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (a, b, order) => {
        const [first, second] = [idlePeerScore(a, order), idlePeerScore(b, order)]
        expect([first, second]).not.toContain(NaN)
        const rank = (value: number | undefined) => (value === undefined ? Infinity : value < 0.5 ? 0 : value)
        expect(Math.sign(first - second) + 0).toBe(Math.sign(rank(b) === rank(a) ? 0 : rank(b) - rank(a)) + 0)
      })
    )
  })

  it.each([NaN, Infinity, -1])('is not told a metric of %d', (metric) => {
    expect(() => {
      reportedMetrics().heard('a', metric, 0)
    }).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  it('keeps so many peers in mind and no more', () => {
    const heard = reportedMetrics({ maxPeers: 2 })
    for (const [atMs, peer] of ['a', 'b', 'a', 'c'].entries()) heard.heard(peer, atMs, atMs)
    expect(['a', 'b', 'c'].map((peer) => heard.metric(peer, 3))).toEqual([2, undefined, 3])
  })

  it('is an arm of a selection', async () => {
    const metrics = reportedMetrics()
    const clock = manualClock()
    const selection = createSelection(
      { clock },
      { policy: 'fixed:pyrsia', rankers: ({ scoreboard }) => [scoreboard, pyrsiaRanker(metrics)] }
    )
    for (const [peer, metric] of [
      ['busy', 12],
      ['calm', 4],
      ['silent', undefined]
    ] as const) {
      selection.manager.addPeer(peer)
      if (metric !== undefined) metrics.heard(peer, metric, 0)
    }
    const lease = selection.selector.acquire(['busy', 'calm', 'silent'], JOB)
    expect([lease.decision.arm, lease.peer]).toEqual([PYRSIA, 'calm'])
    await lease.complete({ outputTokens: 16 })
  })
})
