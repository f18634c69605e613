import { createPeerScoreParams, PeerScore } from '@libp2p/gossipsub/score'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { designTopicScore } from '../../src/gossip/calculator.ts'
import { gistDesign } from '../../src/gossip/gist.ts'
import type { TopicDesign } from '../../src/gossip/topic-design.ts'

// What @libp2p/gossipsub itself makes of the parameters.

type Logger = ConstructorParameters<typeof PeerScore>[2]
const silent = Object.assign(() => undefined, { error: () => undefined, trace: () => undefined, enabled: false })
const logger = { forComponent: () => silent } as unknown as Logger

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** The score, by gossipsub, of a peer in the mesh of one topic that delivers so many messages first in every decay interval. */
function scoreOf(design: TopicDesign, perTick: number, ticks: number): number {
  const { params, design: resolved } = designTopicScore(design)
  const score = new PeerScore(
    createPeerScoreParams({
      topics: { topic: params },
      topicScoreCap: 0,
      decayInterval: resolved.decayIntervalMs,
      decayToZero: 0.01
    }),
    null,
    logger,
    { scoreCacheValidityMs: 0 }
  )
  vi.setSystemTime(0)
  score.addPeer('peer')
  score.graft('peer', 'topic')
  for (let tick = 1; tick <= ticks; tick++) {
    vi.setSystemTime(tick * resolved.decayIntervalMs)
    for (let i = 0; i < perTick; i++) {
      const id = `${tick}-${i}`
      score.validateMessage(id)
      score.deliverMessage('peer', id, 'topic')
    }
    score.refreshScores()
  }
  return score.score('peer')
}

/** An hour: time in the mesh is at its cap, counters are where they end. */
const HOUR = 3600

describe('gossipsub, with the parameters of a design', () => {
  it.each([
    { ...gistDesign('true'), moment: 'after-decay' },
    { messagesPerSecond: 120, meshDegree: 6, meshDegreeHigh: 12, convention: 'decay-to-zero', moment: 'after-decay' },
    { messagesPerSecond: 120, meshDegree: 6, meshDegreeHigh: 12, scaleThreshold: true, moment: 'after-decay' }
  ] as const)('has score 0 for a peer with half of the expected deliveries, and not below for one with all: %j', (design) => {
    expect(scoreOf(design, 5, HOUR)).toBeCloseTo(0, 4)
    expect(scoreOf(design, 4, HOUR)).toBeLessThan(0)
    expect(scoreOf(design, 10, HOUR)).toBeGreaterThan(0)
  })

  it('has +356 for half of the expected deliveries where the sums are truncated', () => {
    expect(scoreOf(gistDesign('truncated'), 5, HOUR)).toBeCloseTo(356.18, 1)
  })

  it('takes at most the bound, and as much as is reckoned at activation', () => {
    const { activation, params } = designTopicScore(gistDesign('true'))
    const inMesh = params.timeInMeshWeight * 31
    // The first refresh at which the time is above 30 s is the one after 31.
    const counter = 0.97 * activation.counterAfterDecay + 9.7
    const first = (0.9916 * (10 * (1 - 0.9916 ** 31))) / (1 - 0.9916)
    const expected =
      inMesh +
      params.firstMessageDeliveriesWeight * first +
      params.meshMessageDeliveriesWeight * (activation.threshold - counter) ** 2
    expect(scoreOf(gistDesign('true'), 10, 31)).toBeCloseTo(expected, 6)
    expect(scoreOf(gistDesign('true'), 0, HOUR)).toBeCloseTo(-999, 6)
  })
})
