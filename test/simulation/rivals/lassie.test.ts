import { describe, expect, it } from 'vitest'
import type { Observation } from '../../../src/peer/observation.ts'
import { lassie, lassieCorrected, lassieGreedy } from '../../../src/simulation/rivals/lassie.ts'
import { alwaysHalf, failure, success, world } from './world.ts'

type Event = readonly [peer: string, observation: Observation]

const connected = (peer: string, seconds: number): Event => [peer, { kind: 'ping', rttMs: seconds * 1_000 }]
/** Answers of 10 tokens/s, so that only the first byte differs. */
const firstByte = (peer: string, seconds: number): Event => [
  peer,
  success({ durationMs: 60_000, firstTokenMs: seconds * 1_000, outputTokens: 600 })
]
/** First bytes after a second, so that only the bandwidth differs. */
const bandwidth = (peer: string, tokensPerSecond: number): Event => [
  peer,
  success({ durationMs: 10_000, firstTokenMs: 1_000, outputTokens: 10 * tokensPerSecond })
]
const succeeded = (peer: string): Event => bandwidth(peer, 1)
const failed = (peer: string): Event => [peer, failure(10)]

function after(events: readonly Event[], rival = lassie) {
  const peers = [...new Set(events.map(([peer]) => peer))].sort()
  const made = world(rival, peers, { rng: alwaysHalf })
  for (const [peer, observation] of events) made.table.observe(peer, observation, 0)
  return made
}

/** The weight in the roulette, from the score under equal draws. */
function weightOf(score: number): number {
  return Math.log(0.5) / score
}

/** The order tests of pkg/session/state_test.go, with what they measure in our terms. */
const ORDERS: readonly (readonly [string, readonly Event[], string])[] = [
  ['connects faster', [1, 2, 3, 4, 5].map((seconds) => connected(`p${seconds}`, seconds)), 'p1 p2 p3 p4 p5'],
  [
    'connected faster on average',
    [...[10, 11, 13].map((s) => connected('p1', s)), ...[12, 12, 12].map((s) => connected('p2', s))],
    'p1 p2'
  ],
  [
    'connected faster lately',
    [...[10, 11, 13, 13].map((s) => connected('p1', s)), ...[12, 12, 12].map((s) => connected('p2', s))],
    'p2 p1'
  ],
  ['answers faster', [5, 4, 3, 2, 1].map((seconds) => firstByte(`p${seconds}`, seconds)), 'p1 p2 p3 p4 p5'],
  [
    'answered faster lately',
    [...[10, 11, 13, 13].map((s) => firstByte('p1', s)), ...[12, 12, 12].map((s) => firstByte('p2', s))],
    'p2 p1'
  ],
  ['succeeded', [succeeded('p2'), failed('p1')], 'p2 p1'],
  [
    'failed less, and less lately',
    [
      ...[succeeded('p2'), succeeded('p2'), failed('p4'), failed('p4')],
      ...[succeeded('p1'), failed('p1'), succeeded('p1'), failed('p1')],
      ...[succeeded('p3'), succeeded('p3'), failed('p3')]
    ],
    'p2 p3 p1 p4'
  ]
]

describe.each([lassie, lassieCorrected, lassieGreedy].map((rival) => [rival.id, rival] as const))('%s', (_id, rival) => {
  it.each(ORDERS)('prefers who %s', (_name, events, expected) => {
    expect(after(events, rival).order().join(' ')).toBe(expected)
  })

  it('takes a peer that it never connected to for an average one', () => {
    const made = after([...[10, 11].map((s) => connected('p1', s)), ...[12, 12, 12].map((s) => connected('p2', s))], rival)
    made.table.add('p3', 0)
    expect(made.order()).toEqual(['p1', 'p3', 'p2'])
  })
})

describe('Lassie', () => {
  it('adds e^(−x/mean) of what it knows, e⁻¹ of what it does not, and the successes', () => {
    const { scores } = after([connected('p1', 1), connected('p2', 2), connected('p3', 3)])
    // The mean of all: 1000, 1200, 1560 ms.
    const unknown = Math.exp(-1) + 0.5 * Math.exp(-1) + 1
    const { p1, p3 } = scores()
    expect(weightOf(p1)).toBeCloseTo(Math.exp(-1_000 / 1_560) + unknown, 10)
    expect(weightOf(p3)).toBeCloseTo(Math.exp(-3_000 / 1_560) + unknown, 10)
  })

  it('prefers the slower peer as shipped, the faster one when corrected', () => {
    const events = [5, 4, 3, 2, 1].map((tokensPerSecond) => bandwidth(`p${tokensPerSecond}`, tokensPerSecond))
    expect(after(events).order()).toEqual(['p1', 'p2', 'p3', 'p4', 'p5'])
    expect(after(events, lassieCorrected).order()).toEqual(['p5', 'p4', 'p3', 'p2', 'p1'])
  })

  it('always takes the best without randomness', () => {
    const made = world(lassieGreedy, ['good', 'bad'])
    for (const [peer, observation] of [connected('good', 1), connected('bad', 2)]) made.table.observe(peer, observation, 0)
    expect(made.tally(100)).toEqual({ good: 100, bad: 0 })
  })

  it('plays roulette: who is worse is chosen less often, but is chosen', () => {
    const made = world(lassie, ['good', 'bad'])
    for (const [peer, observation] of [connected('good', 1), connected('bad', 9), succeeded('good'), failed('bad')]) {
      made.table.observe(peer, observation, 0)
    }
    const { good, bad } = made.tally(400)
    expect(bad).toBeGreaterThan(40)
    expect(good).toBeGreaterThan(2 * bad)
  })
})
