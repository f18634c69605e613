import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { epsilonGreedy1, epsilonGreedy5 } from '../../../src/simulation/rivals/epsilon-greedy.ts'
import { linearThompson } from '../../../src/simulation/rivals/linear-thompson.ts'
import { noIdentity } from '../../../src/simulation/rivals/no-identity.ts'
import { peerThompson } from '../../../src/simulation/rivals/peer-thompson.ts'
import { plainThompson } from '../../../src/simulation/rivals/plain-thompson.ts'
import type { Rival } from '../../../src/simulation/rivals/rival.ts'
import { claims, draws, failure, load, success, world } from './world.ts'

const ABC = ['a', 'b', 'c']

describe('ε-greedy', () => {
  it('explores with a probability of 1 % and 5 %', () => {
    for (const [rival, percent] of [
      [epsilonGreedy1, 1],
      [epsilonGreedy5, 5]
    ] as const) {
      const { table, tally } = world(rival, ABC, { rng: pcg32(4n) })
      for (const peer of ABC) table.observe(peer, success({ durationMs: peer === 'a' ? 1_000 : 5_000 }), 0)
      // A third of the exploration finds the best one.
      const { b, c } = tally(6_000)
      expect(Math.abs(b + c - 40 * percent), rival.id).toBeLessThan(8 * percent)
    }
  })

  it('takes the highest mean reward, and who had no job as perfect', () => {
    const { table, choice } = world(epsilonGreedy1, ABC, { rng: pcg32(4n) })
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 5_000 }), 0)
    expect(choice()).toBe('c')
    table.observe('c', failure(10), 0)
    expect(choice()).toBe('a')
    // Mean of a good job and a failure: below b's.
    table.observe('a', failure(10), 0)
    expect(choice()).toBe('b')
  })

  it('draws anybody when it explores', () => {
    const { table, choice } = world(epsilonGreedy1, ABC, { rng: draws(0.005, 0.5) })
    for (const peer of ABC) table.observe(peer, success({ durationMs: peer === 'a' ? 1_000 : 5_000 }), 0)
    expect(choice()).toBe('b')
  })
})

describe('Thompson sampling per peer', () => {
  /** Mean of the drawn logarithms of ms per token. */
  function meanDrawn(durationsMs: readonly number[], failures: number): number {
    const { table, scores } = world(peerThompson, ['a'])
    for (const durationMs of durationsMs) table.observe('a', success({ durationMs }), 0)
    for (let i = 0; i < failures; i += 1) table.observe('a', failure(10), 0)
    let sum = 0
    for (let i = 0; i < 20_000; i += 1) sum -= scores().a
    return sum / 20_000
  }

  it.each([
    ['nothing', [], 0, Math.log(30)],
    ['30 and 120 ms a token', [3_000, 12_000], 0, (2 * Math.log(30) + Math.log(120)) / 3],
    ['a failure, as 30 s', [3_000], 1, (2 * Math.log(30) + Math.log(300)) / 3]
  ])('draws around the believed mean after %s', (_name, durationsMs, failures, expected) => {
    expect(Math.abs(meanDrawn(durationsMs, failures) - expected)).toBeLessThan(0.05)
  })

  it('settles on the faster of two', () => {
    const { table, tally } = world(peerThompson, ['fast', 'slow'])
    for (let i = 0; i < 50; i += 1) {
      table.observe('fast', success({ durationMs: 1_000 + i }), 0)
      table.observe('slow', success({ durationMs: 2_000 + i }), 0)
    }
    expect(tally(500).slow).toBeLessThan(5)
  })
})

/** How often each peer is chosen of the last 200 of 400 jobs, each of which takes what its peer takes and ends before the next. */
function learned(rival: Rival, durationMs: (peer: string, job: number) => number, peers = ['fast', 'slow']) {
  const w = world(rival, peers)
  const counts: Record<string, number> = Object.fromEntries(peers.map((peer) => [peer, 0]))
  for (let i = 0; i < 400; i += 1) {
    const sent = w.send(i * 1_000)
    if (i >= 200) counts[sent.peer] += 1
    sent.end(success({ durationMs: durationMs(sent.peer, i) }))
  }
  return counts
}

describe('linear Thompson sampling', () => {
  it('settles on the faster of two, and changes its mind', () => {
    expect(learned(linearThompson, (peer) => (peer === 'fast' ? 1_000 : 4_000)).slow).toBeLessThan(10)
    expect(learned(linearThompson, (peer, job) => ((peer === 'fast') === job < 100 ? 1_000 : 6_000)).slow).toBeGreaterThan(150)
  })

  it('learns what jobs that are there cost', () => {
    const w = world(linearThompson, ['a', 'b'])
    const at = (peer: string, running: number) => {
      w.table.observe(peer, { kind: 'load', load: load({ running }) }, 0)
    }
    for (let i = 0; i < 300; i += 1) {
      const busy = i % 2 === 0 ? 'a' : 'b'
      for (const peer of ['a', 'b']) at(peer, peer === busy ? 4 : 0)
      const sent = w.send()
      sent.end(success({ durationMs: sent.peer === busy ? 6_000 : 1_000 }))
    }
    at('a', 4)
    at('b', 0)
    expect(w.tally(100).b).toBeGreaterThan(95)
  })
})

describe('plain Thompson sampling over the weightings', () => {
  it('gives a job to the first choice of one of them, and learns from it alone', () => {
    const w = world(plainThompson, ['claims', 'near'])
    w.table.observe('claims', { kind: 'claims', claims: claims(900) }, 0)
    w.table.observe('near', { kind: 'claims', claims: claims(5) }, 0)
    for (let i = 0; i < 5; i += 1) {
      w.table.observe('near', { kind: 'ping', rttMs: 1 }, 0)
      w.table.observe('claims', { kind: 'ping', rttMs: 900 }, 0)
    }
    let late = 0
    for (let i = 0; i < 300; i += 1) {
      const sent = w.send()
      if (i >= 200 && sent.peer === 'near') late += 1
      // Who claims a lot fails; the row's evidence stays as it is, so that only the beliefs in the weightings can learn.
      sent.end(sent.peer === 'near' ? success({ durationMs: 1_000 }) : failure(10))
    }
    expect(late).toBeGreaterThan(85)
  })
})

describe('predicted latency without identity', () => {
  it('cannot tell a fast peer from a slow one', () => {
    const { fast, slow } = learned(noIdentity, (peer) => (peer === 'fast' ? 1_000 : 4_000))
    expect(Math.abs(fast - slow)).toBeLessThan(50)
  })

  it('learns that busy peers are slow, and draws in proportion to what a prediction is below the longest', () => {
    const w = world(noIdentity, ['a', 'b', 'c'])
    const running = { a: 4, b: 2, c: 0 } as const
    for (const [peer, jobs] of Object.entries(running)) {
      w.table.observe(peer, { kind: 'load', load: load({ running: jobs }) }, 0)
    }
    for (let i = 0; i < 400; i += 1) {
      const sent = w.send()
      sent.end(success({ durationMs: 1_000 + 1_000 * running[sent.peer as keyof typeof running] }))
    }
    // 5, 3 and 1 s: 0 : 2 : 4, beside one in a hundred at random.
    const { a, b, c } = w.tally(1_200)
    expect(a).toBeLessThan(20)
    expect(Math.abs(c - 2 * b)).toBeLessThan(150)
  })
})
