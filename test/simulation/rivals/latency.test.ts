import { describe, expect, it } from 'vitest'
import { c3, c3Elasticsearch } from '../../../src/simulation/rivals/c3.ts'
import { c3Rate } from '../../../src/simulation/rivals/c3-rate.ts'
import { ewmaPerToken } from '../../../src/simulation/rivals/ewma-per-token.ts'
import { litellmLowestLatency } from '../../../src/simulation/rivals/litellm.ts'
import { peakEwma, peakEwmaFinagle, peakEwmaLinkerd, peakEwmaToken } from '../../../src/simulation/rivals/peak-ewma.ts'
import type { Rival } from '../../../src/simulation/rivals/rival.ts'
import { failure, load, success, world } from './world.ts'

const AB = ['a', 'b']

describe('Peak-EWMA', () => {
  /** Two peers that were heard of at 0. */
  function heard(rival: Rival) {
    const made = world(rival, AB)
    for (const peer of AB) made.table.observe(peer, { kind: 'connected' }, 0)
    return made
  }

  it('rises to a slow response at once and multiplies by the jobs in flight and one', () => {
    const { table, setInFlight, choice } = heard(peakEwma)
    table.observe('a', success({ durationMs: 2_500 }), 0)
    // b is at the default of 1000 ms.
    expect(choice()).toBe('b')
    setInFlight('b', 1)
    expect(choice()).toBe('b')
    setInFlight('b', 2)
    expect(choice()).toBe('a')
  })

  it.each([
    // Read at 10 s and 20 s a's 2000 ms is 2000·e⁻² = 271 ms; a response of 100 ms right after a read changes nothing.
    [peakEwma, 'a'],
    // Only projected, the response at 20 s makes it 2000·e⁻² + 100·(1 − e⁻²) = 357 ms.
    [peakEwmaLinkerd, 'b']
  ])('decays on reads in tower and in between in linkerd: %o', (rival, expected) => {
    const { table, scores, choice } = heard(rival)
    table.observe('a', success({ durationMs: 2_000 }), 0)
    scores(10_000)
    scores(20_000)
    table.observe('a', success({ durationMs: 100 }), 20_000)
    // b's default has fallen below this by now, so it is the peak.
    table.observe('b', success({ durationMs: 300 }), 20_000)
    expect(choice(20_000)).toBe(expected)
  })

  it('takes a fast failure for a fast response in tower, and for 5 s in linkerd', () => {
    for (const [rival, expected] of [
      [peakEwma, 'b'],
      [peakEwmaLinkerd, 'a']
    ] as const) {
      const { table, choice } = heard(rival)
      table.observe('a', success({ durationMs: 1_500 }), 0)
      table.observe('b', failure(10), 0)
      expect(choice(), rival.id).toBe(expected)
    }
  })

  it('begins at 30 ms in linkerd, so that the unseen go before those that were seen', () => {
    const { table, choice } = heard(peakEwmaLinkerd)
    table.observe('a', success({ durationMs: 31 }), 0)
    expect(choice()).toBe('b')
  })

  it('costs nothing in finagle before the first response while idle, and more than anybody with a request', () => {
    const { table, setInFlight, choice } = heard(peakEwmaFinagle)
    table.observe('a', success({ durationMs: 60_000 }), 0)
    expect(choice()).toBe('b')
    setInFlight('b', 1)
    setInFlight('a', 9)
    expect(choice()).toBe('a')
  })

  it('does not hold a long job against a peer when it counts per token', () => {
    for (const [rival, expected] of [
      [peakEwma, 'b'],
      [peakEwmaToken, 'a']
    ] as const) {
      const { table, choice } = heard(rival)
      // 11 and 20 ms a token
      table.observe('a', success({ durationMs: 3_300, outputTokens: 300 }), 0)
      table.observe('b', success({ durationMs: 2_000, outputTokens: 100 }), 0)
      expect(choice(), rival.id).toBe(expected)
    }
  })
})

describe('C3', () => {
  /** R = 2000 ms, T = 100 tokens / 100 tokens/s = 1000 ms, q = 1. */
  const reply = success({ durationMs: 2_000, load: load({ queued: 1, tokensPerSecond: 100 }) })

  it.each([
    // q̂ = 1 + 1·K + 1; Ψ = 2000 − 1000 + q̂³·1000
    [1, 28_000],
    [2, 65_000]
  ])('scores R − T + q̂³·T with %d routers', (routers, cost) => {
    const { table, setInFlight, scores } = world(c3, AB, { routers })
    table.observe('a', reply, 0)
    setInFlight('a', 1)
    expect(scores()).toEqual({ a: -cost, b: 0 })
  })

  it('counts the newest reply nine tenths', () => {
    const { table, scores } = world(c3, AB)
    table.observe('a', reply, 0)
    table.observe('a', success({ durationMs: 1_000, load: load({ tokensPerSecond: 200 }) }), 0)
    // R = 1100, T = 550, q = 0.1: 550 + 1.1³ · 550
    expect(scores().a).toBeCloseTo(-1282.05, 8)
  })

  it('takes the whole time for service where no speed is reported, and learns nothing from failures', () => {
    const { table, scores } = world(c3, AB)
    table.observe('a', success({ durationMs: 800 }), 0)
    table.observe('a', failure(10), 0)
    expect(scores()).toEqual({ a: -800, b: 0 })
  })
})

describe('C3 with rate control', () => {
  /** A reply of 1000 ms: a paper's window of 20 ms is 5000 ms then. */
  const quick = success({ durationMs: 1_000, load: load({ tokensPerSecond: 100 }) })

  it('prefers the lowest Ψ until that peer had its ten, and then who is within its rate', () => {
    const { table, tally, choice } = world(c3Rate, AB)
    table.observe('a', quick, 0)
    table.observe('b', success({ durationMs: 2_000, load: load({ tokensPerSecond: 50 }) }), 0)
    expect(tally(10)).toEqual({ a: 10, b: 0 })
    expect(choice()).toBe('b')
  })

  it('takes the lowest Ψ again when all are above their rate', () => {
    const { table, tally } = world(c3Rate, AB)
    table.observe('a', quick, 0)
    table.observe('b', success({ durationMs: 2_000, load: load({ tokensPerSecond: 50 }) }), 0)
    expect(tally(25)).toEqual({ a: 15, b: 10 })
  })

  it('lowers the rate of a peer that replies more slowly than it may be sent to', () => {
    const { table, tally } = world(c3Rate, AB)
    table.observe('b', success({ durationMs: 2_000, load: load({ tokensPerSecond: 50 }) }), 0)
    // A reply in each window: the rate is five times lower after the third, and in two windows it fills up by a few jobs.
    for (let i = 0; i < 6; i += 1) table.observe('a', quick, i * 5_000)
    expect(tally(10, 25_000).a).toBe(10)
    expect(tally(10, 26_000).a).toBeLessThan(2)
  })
})

describe('C3 in Elasticsearch', () => {
  /** a takes 1000 ms, b 3000 ms; a is chosen so often; then c comes, at 1500 ms. */
  function afterChoices(times: number): string {
    const { table, tally, choice } = world(c3Elasticsearch, AB)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 3_000 }), 0)
    expect(tally(times)).toEqual({ a: times, b: 0 })
    table.observe('c', success({ durationMs: 1_500 }), 0)
    return choice(0, ['b', 'c'])
  }

  it('lets a loser drift to the winner, 15 % of the way a choice', () => {
    // 1000 + 2000 · 0.85⁸ = 1545 ms and 1000 + 2000 · 0.85⁹ = 1463 ms
    expect(afterChoices(8)).toBe('c')
    expect(afterChoices(9)).toBe('b')
  })

  it('multiplies jobs in flight by the number of peers that gave feedback', () => {
    const { table, setInFlight, choice } = world(c3Elasticsearch, AB)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 26_000 }), 0)
    setInFlight('a', 1)
    // (1 + 1·2)³ · 1000 = 27 000 > 26 000
    expect(choice()).toBe('b')
  })

  it('cuts the queue to a whole number', () => {
    const { table, choice } = world(c3Elasticsearch, AB)
    const busy = success({ durationMs: 1_000, load: load({ queued: 1 }) })
    table.observe('a', busy, 0)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 1_200 }), 0)
    // A queue of 0.7 is none: 1000 < 1200; 1.7³ · 1000 would be more.
    expect(choice()).toBe('a')
  })

  it('puts who gave no feedback first and then adjusts nobody', () => {
    const { table, choice } = world(c3Elasticsearch, AB)
    table.observe('a', success({ durationMs: 1 }), 0)
    expect([1, 2, 3].map(() => choice())).toEqual(['b', 'b', 'b'])
  })
})

describe('B8, the average per token', () => {
  it('scores −x·(n + 1), x corrected for own jobs at dispatch, and 0 before the first success', () => {
    const { table, setInFlight, scores } = world(ewmaPerToken, ['slow', 'fast', 'busy', 'unseen', 'failed'])
    table.observe('slow', success({ durationMs: 5_000, outputTokens: 50 }), 0)
    table.observe('fast', success({ durationMs: 1_200, promptTokens: 200, outputTokens: 50 }), 0)
    table.observe('busy', success({ durationMs: 1_300, outputTokens: 50, inFlightAtDispatch: 2 }), 0)
    table.observe('failed', failure(10), 0)
    setInFlight('fast', 1)
    setInFlight('unseen', 3)
    // 5000/50; 2 · 1200/60; 1300/50 / 1.3
    expect(scores()).toEqual({ slow: -100, fast: -40, busy: -20, unseen: 0, failed: 0 })
  })

  it('moves three tenths of the way to each new success', () => {
    const { table, scores } = world(ewmaPerToken, AB)
    table.observe('a', success({ durationMs: 1_000, outputTokens: 50 }), 0)
    table.observe('a', success({ durationMs: 2_000, outputTokens: 50 }), 1)
    expect(scores().a).toBeCloseTo(-26, 12)
  })
})

describe('LiteLLM lowest latency', () => {
  it('takes the mean of the last ten, so that slow first jobs are forgotten', () => {
    const { table, scores } = world(litellmLowestLatency, AB)
    for (let i = 0; i < 3; i += 1) table.observe('a', success({ durationMs: 10_000 }), i)
    for (let i = 0; i < 9; i += 1) table.observe('a', success({ durationMs: 1_000 }), i)
    // (0.1 + 9 · 0.01) / 10 s a token
    expect(scores().a).toBeCloseTo(-0.019, 12)
    for (let i = 0; i < 200; i += 1) table.observe('a', success({ durationMs: 1_000 }), i)
    expect(scores().a).toBeCloseTo(-0.01, 12)
  })

  it('counts a time-out as 1000 s a token and other failures not at all', () => {
    const { table, scores } = world(litellmLowestLatency, AB)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('a', failure(10, 'disconnected'), 0)
    table.observe('b', success({ durationMs: 1_000 }), 0)
    table.observe('b', failure(10, 'timeout'), 0)
    expect(scores().a).toBeCloseTo(-0.01, 12)
    expect(scores().b).toBeCloseTo(-500.005, 9)
  })

  it('looks at no load', () => {
    const { table, setInFlight, scores } = world(litellmLowestLatency, AB)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    const before = scores()
    setInFlight('a', 9)
    expect(scores()).toEqual(before)
  })

  it('forgets everything after an hour without a sample', () => {
    const { table, scores } = world(litellmLowestLatency, AB)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 9_000 }), 0)
    expect(scores(3_600_000).b).toBeCloseTo(-0.09, 12)
    expect(scores(3_600_001)).toEqual({ a: 0, b: 0 })
  })
})
