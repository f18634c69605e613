import fc from 'fast-check'
import type { ScoreEvent } from '../../../src/gossip/peer-score/score-event.ts'
import type { PeerScoreParams, TopicScoreParams } from '../../../src/gossip/score-params.ts'

// Evenly over the range: as doubles, most numbers would be all but nothing.
const within = (min: number, max: number) => fc.integer({ min: 0, max: 1000 }).map((step) => min + ((max - min) * step) / 1000)
const decay = within(0.01, 0.999)
const upTo = (max: number) => within(0, max)
const downTo = (min: number) => within(min, 0)

const topicParams: fc.Arbitrary<TopicScoreParams> = fc
  .record({
    topicWeight: upTo(2),
    timeInMeshWeight: upTo(1),
    timeInMeshQuantum: fc.integer({ min: 1, max: 12_000 }),
    timeInMeshCap: fc.integer({ min: 1, max: 50 }),
    firstMessageDeliveriesWeight: upTo(3),
    firstMessageDeliveriesDecay: decay,
    firstMessageDeliveriesCap: fc.integer({ min: 1, max: 10 }),
    meshMessageDeliveriesWeight: downTo(-5),
    meshMessageDeliveriesDecay: decay,
    room: upTo(10),
    meshMessageDeliveriesThreshold: within(0.5, 8),
    meshMessageDeliveriesWindow: fc.integer({ min: 0, max: 2000 }),
    meshMessageDeliveriesActivation: fc.integer({ min: 1000, max: 4000 }),
    meshFailurePenaltyWeight: downTo(-5),
    meshFailurePenaltyDecay: decay,
    invalidMessageDeliveriesWeight: downTo(-50),
    invalidMessageDeliveriesDecay: decay
  })
  .map(({ room, ...params }) => ({ ...params, meshMessageDeliveriesCap: params.meshMessageDeliveriesThreshold + room }))

export const TOPICS = ['jobs', 'peers'] as const
export const PEERS = ['ada', 'bob', 'cyd'] as const
const IPS = ['192.0.2.1', '192.0.2.2', '2001:db8::1']

export const peerParams: fc.Arbitrary<PeerScoreParams> = fc.record({
  topics: fc.record({ jobs: topicParams, peers: topicParams }),
  topicScoreCap: fc.oneof(fc.constant(0), upTo(20)),
  appSpecificScore: fc.constant(() => 0),
  appSpecificWeight: upTo(10),
  IPColocationFactorWeight: downTo(-50),
  IPColocationFactorThreshold: fc.integer({ min: 1, max: 2 }),
  IPColocationFactorWhitelist: fc.subarray(IPS).map((ips) => new Set(ips)),
  behaviourPenaltyWeight: downTo(-20),
  behaviourPenaltyThreshold: upTo(3),
  behaviourPenaltyDecay: decay,
  decayInterval: fc.constant(1000),
  decayToZero: within(0.001, 0.2),
  retainScore: fc.integer({ min: 0, max: 20_000 })
})

const peer = fc.constantFrom(...PEERS)
// One topic is not scored.
const topic = fc.constantFrom(...TOPICS, 'weather')
const message = fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5')
const reason = fc.constantFrom('invalid', 'unverifiable', 'ignored', 'throttled', 'blacklisted')
const of = <const K extends string, T extends Record<string, fc.Arbitrary<unknown>>>(kind: K, fields: T) =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<ScoreEvent>

const event: fc.Arbitrary<ScoreEvent> = fc.oneof(
  { weight: 2, arbitrary: of('connected', { peer }) },
  { weight: 1, arbitrary: of('left', { peer }) },
  { weight: 2, arbitrary: of('address', { peer, ip: fc.constantFrom(...IPS) }) },
  { weight: 1, arbitrary: of('address-gone', { peer, ip: fc.constantFrom(...IPS) }) },
  { weight: 4, arbitrary: of('graft', { peer, topic }) },
  { weight: 2, arbitrary: of('prune', { peer, topic }) },
  { weight: 2, arbitrary: of('validate', { message }) },
  { weight: 6, arbitrary: of('deliver', { peer, topic, message }) },
  { weight: 6, arbitrary: of('duplicate', { peer, topic, message }) },
  { weight: 3, arbitrary: of('reject', { peer, topic, message, reason }) },
  { weight: 2, arbitrary: of('penalty', { peer, count: fc.integer({ min: 0, max: 5 }) }) },
  {
    weight: 1,
    arbitrary: of('application-score', { peer, score: within(-10, 10) })
  },
  { weight: 12, arbitrary: of('decay', {}) }
)

/** What happens, and how long after the event before. Sometimes long enough for messages and retained scores to be forgotten. */
export interface TimedEvent {
  readonly afterMs: number
  readonly event: ScoreEvent
}

export const timedEvents = (maxLength: number): fc.Arbitrary<readonly TimedEvent[]> =>
  fc.array(
    fc.record({
      afterMs: fc.oneof(
        { weight: 5, arbitrary: fc.constant(0) },
        { weight: 10, arbitrary: fc.integer({ min: 1, max: 1500 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1500, max: 130_000 }) }
      ),
      event
    }),
    { minLength: 1, maxLength, size: 'max' }
  )
