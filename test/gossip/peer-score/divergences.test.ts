import { PeerScore } from '@libp2p/gossipsub/score'
import { defaultLogger } from '@libp2p/logger'
import { describe, expect, it } from 'vitest'
import { peerScores } from '../../../src/gossip/peer-score/peer-score.ts'
import type { ScoreEvent } from '../../../src/gossip/peer-score/score-event.ts'
import type { PeerScoreParams } from '../../../src/gossip/score-params.ts'
import { type LibraryClock, LibraryScores, START_MS, withLibraryClock } from './library.ts'
import { someParams } from './params.ts'

interface Divergence {
  /** What `@libp2p/gossipsub` 17.1.1 does otherwise than the model. */
  readonly sentence: string
  /** Shows it. */
  readonly show: (library: Shown) => void
}

/** The real thing and a model of the same parameters. */
interface Shown {
  readonly clock: LibraryClock
  readonly real: (params: PeerScoreParams, cacheMs?: number) => PeerScore
}

const connected = (peer: string): ScoreEvent => ({ kind: 'connected', peer })
const address = (peer: string, ip: string): ScoreEvent => ({ kind: 'address', peer, ip })

function model(params: PeerScoreParams, events: readonly ScoreEvent[]) {
  const scores = peerScores(params)
  for (const event of events) scores.apply(event, START_MS)
  return scores
}

const DIVERGENCES: readonly Divergence[] = [
  {
    sentence:
      'a peer that comes back has no score, so that a bad one is shed by connecting anew (the model\'s variant "js" does so too)',
    show({ real }) {
      const library = real(someParams())
      library.addPeer('ada')
      for (let i = 0; i < 74; i += 1) library.rejectInvalidMessage('ada', 'jobs')
      expect(library.score('ada')).toBe(-5476)
      library.removePeer('ada')
      library.addPeer('ada')
      expect(library.score('ada')).toBe(0)
      const invalid: ScoreEvent = { kind: 'reject', peer: 'ada', topic: 'jobs', message: '', reason: 'unverifiable' }
      const kept = model(someParams(), [
        connected('ada'),
        ...Array<ScoreEvent>(74).fill(invalid),
        { kind: 'left', peer: 'ada' },
        connected('ada')
      ])
      expect(kept.score('ada')).toBe(-5476)
    }
  },
  {
    sentence: 'parts of a quantum in the mesh count (the model\'s variant "js" does so too)',
    show({ real, clock }) {
      const library = real(someParams())
      library.addPeer('ada')
      library.graft('ada', 'jobs')
      clock.nowMs += 900
      library.refreshScores()
      expect(library.score('ada')).toBeCloseTo(0.9)
      const whole = model(someParams(), [connected('ada'), { kind: 'graft', peer: 'ada', topic: 'jobs' }])
      whole.apply({ kind: 'decay' }, clock.nowMs)
      expect(whole.score('ada')).toBe(0)
    }
  },
  {
    sentence: 'the address of a peer that it does not know is counted for ever, against all others there',
    show({ real }) {
      const library = real(someParams())
      library.addPeer('ada')
      library.addIP('ada', '192.0.2.1')
      library.addIP('ghost', '192.0.2.1')
      library.removePeer('ghost')
      expect(library.score('ada')).toBe(-5)
      const events = [connected('ada'), address('ada', '192.0.2.1'), address('ghost', '192.0.2.1')]
      expect(model(someParams(), events).score('ada')).toBe(0)
    }
  },
  {
    sentence: 'a retained peer that comes back from elsewhere is still counted at its old address, and never leaves it',
    show({ real, clock }) {
      const library = real(someParams({}, { retainScore: 1000 }))
      for (const peer of ['ada', 'bob']) {
        library.addPeer(peer)
        library.addIP(peer, '192.0.2.1')
      }
      library.removePeer('bob')
      library.addPeer('bob')
      library.addIP('bob', '192.0.2.2')
      library.removePeer('bob')
      clock.nowMs += 2000
      library.refreshScores()
      expect(library.peerStats.has('bob')).toBe(false)
      expect(library.score('ada')).toBe(-5)
      const moved = model(someParams(), [
        ...['ada', 'bob'].flatMap((peer) => [connected(peer), address(peer, '192.0.2.1')]),
        { kind: 'left', peer: 'bob' },
        connected('bob'),
        address('bob', '192.0.2.2')
      ])
      expect(moved.score('ada')).toBe(0)
    }
  },
  {
    sentence: 'it throws when a peer leaves that has counters of a topic whose parameters were taken away since',
    show({ real }) {
      const params = someParams()
      const library = real(params)
      library.addPeer('ada')
      library.graft('ada', 'jobs')
      delete library.params.topics['jobs']
      expect(() => {
        library.removePeer('ada')
      }).toThrow(TypeError)
    }
  },
  {
    sentence: 'a topic with the name of something that every object has is taken for a scored one, and counted in a built-in',
    show({ real }) {
      const library = real(someParams())
      library.addPeer('ada')
      const builtIn: object = Reflect.get(Object.prototype, 'toString')
      const before = Object.keys(builtIn)
      try {
        library.rejectInvalidMessage('ada', 'toString')
        expect(Object.keys(builtIn)).toEqual([...before, 'invalidMessageDeliveries'])
      } finally {
        Reflect.deleteProperty(builtIn, 'invalidMessageDeliveries')
      }
      const rejected: ScoreEvent = { kind: 'reject', peer: 'ada', topic: 'toString', message: 'm', reason: 'invalid' }
      expect(model(someParams(), [connected('ada'), rejected]).counters('ada', 'toString')).toBeUndefined()
      expect(Object.keys(builtIn)).toEqual(before)
    }
  },
  {
    sentence: 'NaN is a valid parameter, and so every score becomes NaN',
    show({ real }) {
      const library = real(someParams({ topicWeight: NaN }))
      library.addPeer('ada')
      library.graft('ada', 'jobs')
      expect(library.score('ada')).toBeNaN()
      expect(() => peerScores(someParams({ topicWeight: NaN }))).toThrow(/topicWeight must be a finite number of at least 0/)
    }
  },
  {
    sentence: 'a score is as old as the cache allows: what a peer did since it was last asked for does not show',
    show({ real, clock }) {
      const library = real(someParams(), 1000)
      library.addPeer('ada')
      expect(library.score('ada')).toBe(0)
      library.rejectInvalidMessage('ada', 'jobs')
      clock.nowMs += 999
      expect(library.score('ada')).toBe(0)
      clock.nowMs += 1
      expect(library.score('ada')).toBe(-1)
    }
  },
  {
    sentence: 'the cached score of a peer that left with a good one is never dropped, and greets it when it is back in time',
    show({ real, clock }) {
      const library = real(someParams(), 1000)
      library.addPeer('ada')
      library.deliverMessage('ada', 'm', 'jobs')
      expect(library.score('ada')).toBe(1)
      library.removePeer('ada')
      library.addPeer('ada')
      expect(library.score('ada')).toBe(1)
      clock.nowMs += 1000
      expect(library.score('ada')).toBe(0)
      library.deliverMessage('ada', 'n', 'jobs')
      clock.nowMs += 1000
      library.removePeer('ada')
      expect(library.size).toBe(0)
      clock.nowMs += 10_000_000
      library.refreshScores()
      expect([...library.scoreCache.keys()]).toEqual(['ada'])
    }
  },
  {
    sentence: 'a penalty may be negative, and so make up for others',
    show({ real }) {
      const library = real(someParams())
      library.addPeer('ada')
      library.addPenalty('ada', 5, 'graft_backoff' as Parameters<PeerScore['addPenalty']>[2])
      library.addPenalty('ada', -5, 'graft_backoff' as Parameters<PeerScore['addPenalty']>[2])
      expect(library.score('ada')).toBe(0)
      const event: ScoreEvent = { kind: 'penalty', peer: 'ada', count: -5 }
      expect(() => model(someParams(), [connected('ada'), event])).toThrow(/count must be a finite number of at least 0, got -5/)
    }
  },
  {
    sentence: 'a network in the whitelist of addresses frees nobody',
    show({ real }) {
      const params = someParams({}, { IPColocationFactorWhitelist: new Set(['192.0.2.0/24']) })
      const library = real(params)
      for (const peer of ['ada', 'bob']) {
        library.addPeer(peer)
        library.addIP(peer, '192.0.2.1')
      }
      expect(library.score('ada')).toBe(-5)
      const events = ['ada', 'bob'].flatMap((peer) => [connected(peer), address(peer, '192.0.2.1')])
      expect(model(params, events).score('ada')).toBe(0)
    }
  }
]

describe('where @libp2p/gossipsub and the model part', () => {
  it.each(DIVERGENCES)('$sentence', ({ show }) => {
    withLibraryClock((clock) => {
      show({
        clock,
        real: (params, scoreCacheValidityMs = 0) => new PeerScore(params, null, defaultLogger(), { scoreCacheValidityMs })
      })
    })
  })

  it('a message that validation had no place for is one that the validator ignored: both cost nobody anything', () => {
    withLibraryClock(() => {
      for (const reason of ['throttled', 'ignored'] as const) {
        const scores = peerScores(someParams(), { variant: 'js' })
        const library = new LibraryScores(someParams())
        const events: readonly ScoreEvent[] = [
          connected('ada'),
          { kind: 'duplicate', peer: 'ada', topic: 'jobs', message: 'm' },
          { kind: 'reject', peer: 'bob', topic: 'jobs', message: 'm', reason },
          { kind: 'duplicate', peer: 'ada', topic: 'jobs', message: 'm' }
        ]
        for (const event of events) {
          scores.apply(event, START_MS)
          library.apply(event)
        }
        expect([reason, scores.score('ada'), library.score('ada')]).toEqual([reason, 0, 0])
      }
    })
  })
})
