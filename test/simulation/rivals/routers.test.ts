import { describe, expect, it } from 'vitest'
import { aibrixLeastLatency } from '../../../src/simulation/rivals/aibrix.ts'
import { dialogueBalanced } from '../../../src/simulation/rivals/dialogue.ts'
import { dynamo } from '../../../src/simulation/rivals/dynamo.ts'
import { envoyLeastRequest } from '../../../src/simulation/rivals/envoy.ts'
import { gieWeighted, gieWeightedRandom, gieWeightedStale } from '../../../src/simulation/rivals/gie.ts'
import { msgrate } from '../../../src/simulation/rivals/msgrate.ts'
import type { Rival } from '../../../src/simulation/rivals/rival.ts'
import { smgLeastLoad } from '../../../src/simulation/rivals/smg.ts'
import { claims, failure, load, type Sent, success, world, type World } from './world.ts'

const AB = ['a', 'b']

function report({ table }: World, peer: string, figures: Parameters<typeof load>[0], atMs = 0): void {
  table.observe(peer, { kind: 'load', load: load(figures) }, atMs)
}

describe('smg least load', () => {
  it('adds 0.15 s·k/(1 − k) for the busy slots to the time that the queue takes', () => {
    const w = world(smgLeastLoad, AB)
    // No job was seen: 51.2 tokens each. One waits at 2 · 64 tokens/s: 0.4 s + 0.15 · 0.5/0.5 = 0.55 s, against 0.15 · 3 = 0.45 s.
    report(w, 'a', { running: 2, queued: 1, tokensPerSecond: 64 })
    report(w, 'b', { running: 3, queued: 0, tokensPerSecond: 64 })
    expect(w.choice()).toBe('b')
    // At 4 · 64 tokens/s it is 0.2 + 0.15 = 0.35 s.
    report(w, 'a', { running: 2, queued: 1, tokensPerSecond: 128 })
    expect(w.choice()).toBe('a')
  })

  it('counts the work that it sent since the last poll, until the next one', () => {
    const w = world(smgLeastLoad, AB)
    for (const peer of AB) report(w, peer, { running: 1, tokensPerSecond: 100 })
    report(w, 'b', { running: 1, tokensPerSecond: 50 })
    // 100 tokens a job: a has 0, 1, 2, 3 s of work; b 0, 2 s.
    const chosen = Array.from({ length: 6 }, () => w.choice())
    expect(chosen.filter((peer) => peer === 'a')).toHaveLength(4)
    report(w, 'a', { running: 1, tokensPerSecond: 100 })
    expect(w.choice()).toBe('a')
  })

  it('believes no report that is older than 30 s', () => {
    const w = world(smgLeastLoad, AB)
    report(w, 'a', { running: 3, queued: 9, tokensPerSecond: 10 }, 0)
    report(w, 'b', { running: 1, queued: 0, tokensPerSecond: 10 }, 30_000)
    // a's own jobs count now: there are none.
    expect(w.choice(30_000)).toBe('b')
    expect(w.choice(30_001)).toBe('a')
  })
})

describe('Envoy weighted least request', () => {
  function claimed(speeds: readonly number[]) {
    const made = world(envoyLeastRequest, AB)
    for (const [i, peer] of AB.entries()) made.table.observe(peer, { kind: 'claims', claims: claims(speeds[i]) }, 0)
    return made
  }

  it('deals turns in proportion to the weights of idle peers', () => {
    const { a, b } = claimed([100, 50]).tally(300)
    expect(Math.abs(a - 200)).toBeLessThanOrEqual(2)
    expect(a + b).toBe(300)
  })

  it('divides a weight by the jobs in flight, the new one and one', () => {
    const w = claimed([100, 50])
    w.setInFlight('a', 6)
    // 100 / (6 + 1 + 1) : 50 / (0 + 1 + 1) = 12.5 : 25
    const { a } = w.tally(300)
    expect(Math.abs(a - 100)).toBeLessThanOrEqual(2)
  })
})

describe('AIBrix least latency', () => {
  it('adds the mean prefill time a prompt token and decode time an output token, each for the usual number', () => {
    const { table, scores } = world(aibrixLeastLatency, [...AB, 'new'])
    table.observe('a', success({ durationMs: 3_000, firstTokenMs: 1_000, promptTokens: 100, outputTokens: 100 }), 0)
    table.observe('b', success({ durationMs: 4_500, firstTokenMs: 500, promptTokens: 300, outputTokens: 400 }), 0)
    const { a, b, new: unseen } = scores()
    // Usually 200 prompt tokens and 250 of output: 10 · 200 + 20 · 250 and 500/300 · 200 + 10 · 250
    expect(a).toBeCloseTo(-7_000, 8)
    expect(b).toBeCloseTo(-(1_000 / 3 + 2_500), 8)
    expect(unseen).toBe(0)
  })

  it('adds what waits there', () => {
    const w = world(aibrixLeastLatency, AB)
    for (const peer of AB) w.table.observe(peer, success({ durationMs: 2_000, firstTokenMs: 0 }), 0)
    report(w, 'a', { slots: 4, running: 4, queued: 2 })
    // 2 / 4 of 2000 ms
    expect(w.scores()).toEqual({ a: -3_000, b: -2_000 })
  })
})

describe('go-ethereum message rates', () => {
  it('moves a capacity a tenth of the way to each delivery, the first one from the mean of the others', () => {
    const { table, choice } = world(msgrate, [...AB, 'c'])
    table.observe('a', success({ durationMs: 1_000 }), 0)
    // From 100: 0.9 · 100 + 0.1 · 200 = 110
    table.observe('b', success({ durationMs: 500 }), 0)
    expect(choice()).toBe('b')
    // The unknown one counts as (100 + 110) / 2, and from there goes to 0.9 · 105 + 0.1 · 200 = 114.5.
    expect(choice(0, ['a', 'c'])).toBe('c')
    table.observe('c', success({ durationMs: 500 }), 0)
    expect(choice()).toBe('c')
  })

  it('takes idle peers before busy ones, and cuts who delivers nothing to 0', () => {
    const { table, setInFlight, choice } = world(msgrate, AB)
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 500 }), 0)
    setInFlight('b', 1)
    expect(choice()).toBe('a')
    setInFlight('a', 1)
    expect(choice()).toBe('b')
    table.observe('b', failure(10), 0)
    expect(choice()).toBe('a')
  })
})

describe('Dialogue balanced', () => {
  it('takes a failure for ten jobs, halved every 30 s and rounded', () => {
    const { table, setInFlight, tally } = world(dialogueBalanced, AB)
    table.observe('a', failure(10), 0)
    setInFlight('b', 9)
    expect(tally(20)).toEqual({ a: 0, b: 20 })
    setInFlight('b', 6)
    // 5 after one half-life, as much as 5 jobs.
    expect(tally(20, 30_000)).toEqual({ a: 20, b: 0 })
    setInFlight('b', 5)
    expect(tally(200, 30_000).a).toBeGreaterThan(60)
    // Rounded to nothing: below a half after 4.4 half-lives.
    setInFlight('b', 0)
    expect(tally(200, 135_000).a).toBeGreaterThan(60)
  })

  it('hardly blames a peer that was full', () => {
    const { table, setInFlight, choice } = world(dialogueBalanced, AB)
    table.observe('a', failure(10, 'overloaded'), 0)
    setInFlight('b', 1)
    expect(choice()).toBe('a')
  })
})

describe('the Dynamo router', () => {
  const first = (job: Sent) => {
    job.progress(1)
  }

  it.each<[string, (job: Sent) => void, number]>([
    // 319 / 16 blocks to read and 20 that are held
    ['is to be read and is held until the first token', () => undefined, 20],
    ['is held when it was read', first, 10],
    // 416 tokens: 26 blocks
    ['is held with what came', (job) => (first(job), job.progress(96)), 13],
    ['is gone when the job is done', (job) => (first(job), job.end(success({ durationMs: 1 }))), 0],
    ['is gone when the job failed', (job) => (first(job), job.end(failure(10))), 0],
    ['is gone when the job is cancelled', (job) => (first(job), job.end(undefined)), 0]
  ])('counts blocks of a prompt, which %s', (_name, happens, expected) => {
    const w = world(dynamo, AB)
    const long = w.send(0, { promptTokens: 319 })
    const sendShort = (promptTokens: number) => {
      const job = w.send(0, { promptTokens })
      job.progress(1)
      return job.peer
    }
    // The other has one block, and two more with every job, until it has more.
    expect(sendShort(15)).not.toBe(long.peer)
    happens(long)
    let elsewhere = 0
    while (sendShort(31) !== long.peer) elsewhere += 1
    expect(elsewhere).toBe(expected)
  })
})

describe('the gateway inference extension', () => {
  function scraped(rival: Rival) {
    const w = world(rival, AB)
    for (const [atMs, busy] of [
      [0, 'a'],
      [9_999, 'b']
    ] as const) {
      for (const peer of AB) report(w, peer, { running: peer === busy ? 4 : 0, queued: peer === busy ? 2 : 0 }, atMs)
    }
    return w
  }

  it.each([
    [gieWeighted, 'a'],
    [gieWeightedStale, 'b']
  ])('scrapes whenever there is a report, or every 10 s: %o', (rival, expected) => {
    const w = scraped(rival)
    expect(w.choice(9_999)).toBe(expected)
    report(w, 'a', { running: 0 }, 10_000)
    report(w, 'b', { running: 4, queued: 2 }, 10_000)
    expect(w.choice(10_000)).toBe('a')
  })

  it('may pick at random in proportion to the points', () => {
    const w = world(gieWeightedRandom, AB)
    // Queues alike: 2 + 2 · 1 against 2 + 2 · 0
    report(w, 'a', { running: 0 })
    report(w, 'b', { running: 4 })
    const { a } = w.tally(3_000)
    expect(Math.abs(a - 2_000)).toBeLessThan(100)
  })
})
