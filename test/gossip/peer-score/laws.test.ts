import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { peerScores } from '../../../src/gossip/peer-score/peer-score.ts'
import type { ScoreEvent } from '../../../src/gossip/peer-score/score-event.ts'
import type { ScoreVariant } from '../../../src/gossip/peer-score/score-rules.ts'
import type { PeerScoreParams } from '../../../src/gossip/score-params.ts'
import { PEERS, peerParams, timedEvents, type TimedEvent, TOPICS } from './arbitraries.ts'

const variant = fc.constantFrom<ScoreVariant>('specification', 'go', 'js', 'rust')

function after(params: PeerScoreParams, events: readonly TimedEvent[], of: ScoreVariant = 'specification') {
  const scores = peerScores(params, { variant: of })
  let atMs = 0
  for (const { afterMs, event } of events) scores.apply(event, (atMs += afterMs))
  return { scores, atMs }
}

describe('for all parameters and whatever happens', () => {
  it('every part is a number of its sign, and they sum to the score', () => {
    fc.assert(
      fc.property(peerParams, timedEvents(50), variant, (params, events, of) => {
        const { scores } = after(params, events, of)
        for (const peer of PEERS) {
          const parts = scores.components(peer)
          if (parts === undefined) continue
          const { score, application, timeInMesh, firstMessageDeliveries, ...negative } = parts
          expect(timeInMesh).toBeGreaterThanOrEqual(0)
          expect(firstMessageDeliveries).toBeGreaterThanOrEqual(0)
          for (const part of Object.values(negative)) expect(part).toBeLessThanOrEqual(0)
          const values = [application, timeInMesh, firstMessageDeliveries, ...Object.values(negative)]
          const scale = Math.max(1, ...values.map(Math.abs))
          expect(Math.abs(score - values.reduce((sum, value) => sum + value, 0)) / scale).toBeLessThan(1e-9)
        }
      }),
      { numRuns: 500, seed: 1 }
    )
  })

  it('no score is NaN or infinite, however large the valid parameters', () => {
    const huge = fc.tuple(peerParams, fc.constantFrom(1, 1e5, 1e12)).map(([params, factor]) => {
      const figures = ([name, value]: [string, number]) =>
        [name, /Weight|Cap|Threshold$/.test(name) ? value * factor : value] as const
      const topics = Object.entries(params.topics).map(
        ([topic, of]) =>
          [topic, { ...of, ...Object.fromEntries(Object.entries(of as unknown as Record<string, number>).map(figures)) }] as const
      )
      return { ...params, topics: Object.fromEntries(topics), behaviourPenaltyWeight: params.behaviourPenaltyWeight * factor }
    })
    fc.assert(
      fc.property(huge, timedEvents(50), variant, (params, events, of) => {
        const { scores } = after(params, events, of)
        for (const peer of PEERS) expect(Number.isFinite(scores.score(peer))).toBe(true)
      }),
      { numRuns: 500, seed: 2 }
    )
  })

  it('more invalid messages, or more misbehaviour, never make a score better', () => {
    const worse = fc.constantFrom<ScoreEvent>(
      { kind: 'reject', peer: 'ada', topic: 'jobs', message: 'bad', reason: 'invalid' },
      { kind: 'reject', peer: 'ada', topic: 'peers', message: 'worse', reason: 'unverifiable' },
      { kind: 'penalty', peer: 'ada', count: 1 }
    )
    fc.assert(
      fc.property(peerParams, timedEvents(40), worse, variant, (params, events, event, of) => {
        const { scores, atMs } = after(params, events, of)
        const before = scores.score('ada')
        scores.apply(event, atMs)
        expect(scores.score('ada')).toBeLessThanOrEqual(before)
      }),
      { numRuns: 500, seed: 3 }
    )
  })

  it('a valid message never makes the score of its peer worse', () => {
    fc.assert(
      fc.property(peerParams, timedEvents(40), fc.constantFrom(...TOPICS), variant, (params, events, topic, of) => {
        const { scores, atMs } = after(params, events, of)
        const before = scores.score('ada')
        scores.apply({ kind: 'deliver', peer: 'ada', topic, message: 'new' }, atMs)
        expect(scores.score('ada')).toBeGreaterThanOrEqual(before - 1e-9 * Math.abs(before))
      }),
      { numRuns: 500, seed: 4 }
    )
  })

  it('all that is left of a peer outside the meshes, after long enough, is what it is besides its deeds', () => {
    fc.assert(
      fc.property(peerParams, timedEvents(40), (params, events) => {
        const { scores, atMs } = after(params, events)
        for (const topic of TOPICS) scores.apply({ kind: 'prune', peer: 'ada', topic }, atMs)
        // 0.999 takes 20,000 decays from the most that 40 events make to the least decayToZero.
        for (let tick = 1; tick <= 20_000; tick += 1) scores.apply({ kind: 'decay' }, atMs + tick)
        const parts = scores.components('ada')
        const left = parts === undefined ? 0 : parts.score - parts.application - parts.ipColocation
        expect(Math.abs(left)).toBe(0)
      }),
      { numRuns: 30, seed: 5 }
    )
  })

  it('a decay moves no counter away from 0', () => {
    fc.assert(
      fc.property(peerParams, timedEvents(40), variant, (params, events, of) => {
        const { scores, atMs } = after(params, events, of)
        const counters = () =>
          TOPICS.map((topic) => {
            const {
              firstMessageDeliveries = 0,
              meshMessageDeliveries = 0,
              meshFailurePenalty = 0,
              invalidMessageDeliveries = 0
            } = scores.counters('ada', topic) ?? {}
            return [firstMessageDeliveries, meshMessageDeliveries, meshFailurePenalty, invalidMessageDeliveries]
          }).flat()
        const before = counters()
        scores.apply({ kind: 'decay' }, atMs)
        const now = counters()
        for (const [i, counter] of now.entries()) {
          expect(counter).toBeGreaterThanOrEqual(0)
          expect(counter).toBeLessThanOrEqual(before[i])
        }
      }),
      { numRuns: 500, seed: 6 }
    )
  })
})
