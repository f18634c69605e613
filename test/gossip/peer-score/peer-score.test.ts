import { describe, expect, it } from 'vitest'
import { type PeerScoreOptions, type PeerScores, peerScores } from '../../../src/gossip/peer-score/peer-score.ts'
import type { Rejection, ScoreEvent } from '../../../src/gossip/peer-score/score-event.ts'
import type { ScoreVariant } from '../../../src/gossip/peer-score/score-rules.ts'
import type { PeerScoreParams } from '../../../src/gossip/score-params.ts'
import { someParams, someTopic } from './params.ts'

const TOPIC = 'jobs'

/** A model with ada in the mesh, on a clock. */
class Story {
  readonly scores: PeerScores
  nowMs = 0
  #messages = 0

  constructor(params: PeerScoreParams = someParams(), options: PeerScoreOptions = {}) {
    this.scores = peerScores(params, options)
    this.tell({ kind: 'connected', peer: 'ada' }, { kind: 'graft', peer: 'ada', topic: TOPIC })
  }

  tell(...events: readonly ScoreEvent[]): this {
    for (const event of events) this.scores.apply(event, this.nowMs)
    return this
  }

  deliver(count: number): this {
    for (let i = 0; i < count; i += 1) {
      this.tell({ kind: 'deliver', peer: 'ada', topic: TOPIC, message: `m${this.#messages}` })
      this.#messages += 1
    }
    return this
  }

  /** Seconds with a decay at the end of each. @param each messages that ada delivers in one */
  pass(seconds: number, each = 0): this {
    for (let second = 0; second < seconds; second += 1) {
      this.deliver(each)
      this.nowMs += 1000
      this.tell({ kind: 'decay' })
    }
    return this
  }

  get score(): number {
    return this.scores.score('ada')
  }

  get counters() {
    return this.scores.counters('ada', TOPIC)
  }
}

const VARIANTS: readonly ScoreVariant[] = ['specification', 'go', 'js', 'rust']

describe('the counters of a peer', () => {
  it.each([
    { decay: 0.97, perSecond: 10, counter: 'meshMessageDeliveries', steady: 323.3333 },
    { decay: 0.9916, perSecond: 10, counter: 'firstMessageDeliveries', steady: 1180.476 }
  ] as const)('reach d·r / (1 − d) after the decay: $counter of $perSecond/s at $decay is $steady', (row) => {
    const { decay, perSecond, counter, steady } = row
    const story = new Story(
      someParams({
        meshMessageDeliveriesDecay: decay,
        firstMessageDeliveriesDecay: decay,
        meshMessageDeliveriesCap: 1e6,
        firstMessageDeliveriesCap: 1e6
      })
    ).pass(3000, perSecond)
    expect(story.counters?.[counter]).toBeCloseTo(steady, 3)
  })

  it('hold 63 % of it after as many decays as the decay takes off in a straight line: what the gist calls steady', () => {
    const story = new Story(someParams({ meshMessageDeliveriesDecay: 0.97, meshMessageDeliveriesCap: 1e6 }))
    story.pass(30, 10)
    expect(story.counters?.meshMessageDeliveries).toBeCloseTo(193.67, 2)
  })

  it('are 0 below decayToZero', () => {
    const story = new Story().deliver(1)
    story.pass(6)
    expect(story.counters?.firstMessageDeliveries).toBe(1 / 64)
    story.pass(1)
    expect(story.counters?.firstMessageDeliveries).toBe(0)
  })

  it('stop at their caps', () => {
    expect(new Story().deliver(120).counters).toMatchObject({ firstMessageDeliveries: 100, meshMessageDeliveries: 100 })
  })
})

describe('the parts of a score', () => {
  it('P1 is the time in the mesh as of the last decay, in quanta, up to its cap', () => {
    const story = new Story(someParams({ meshMessageDeliveriesActivation: 1e6 })).pass(3)
    story.nowMs += 700
    expect(story.score).toBe(3)
    expect(story.pass(100).score).toBe(10)
    expect(story.tell({ kind: 'prune', peer: 'ada', topic: TOPIC }).score).toBe(0)
  })

  it('P3 is the squared deficit, once the peer was in the mesh for longer than the activation', () => {
    const story = new Story().pass(1)
    expect(story.scores.components('ada')?.meshMessageDeliveries).toBeCloseTo(0, 12)
    expect(story.pass(1).scores.components('ada')?.meshMessageDeliveries).toBe(-400)
    expect(story.deliver(5).scores.components('ada')?.meshMessageDeliveries).toBe(-225)
    expect(story.deliver(15).scores.components('ada')?.meshMessageDeliveries).toBeCloseTo(0, 12)
  })

  it('P4 is the squared number of invalid messages', () => {
    const story = new Story()
    for (const message of ['a', 'b', 'c']) story.tell({ kind: 'reject', peer: 'ada', topic: TOPIC, message, reason: 'invalid' })
    expect(story.score).toBe(-9)
  })

  it('the cap of the topics takes off before P5, P6 and P7 are added', () => {
    const story = new Story(someParams({}, { topicScoreCap: 10 })).deliver(30)
    story.tell(
      { kind: 'application-score', peer: 'ada', score: 7 },
      { kind: 'penalty', peer: 'ada', count: 1 },
      { kind: 'connected', peer: 'bob' },
      ...['ada', 'bob'].map((peer) => ({ kind: 'address', peer, ip: '192.0.2.1' }) as const)
    )
    expect(story.scores.components('ada')).toMatchObject({
      firstMessageDeliveries: 30,
      topicScoreCap: -20,
      application: 7,
      ipColocation: -5,
      behaviourPenalty: -10,
      score: 2
    })
  })

  it('P5 is what the application says when asked, until it says otherwise', () => {
    const story = new Story(someParams({}, { appSpecificScore: (peer) => peer.length, appSpecificWeight: 2 }))
    expect(story.score).toBe(6)
    expect(story.tell({ kind: 'application-score', peer: 'ada', score: -1 }).score).toBe(-2)
  })
})

describe('messages', () => {
  const duplicate = (peer: string): ScoreEvent => ({ kind: 'duplicate', peer, topic: TOPIC, message: 'm' })
  const arrived: readonly ScoreEvent[] = [
    { kind: 'connected', peer: 'bob' },
    { kind: 'graft', peer: 'bob', topic: TOPIC },
    { kind: 'validate', message: 'm' }
  ]
  const deliveries = (story: Story, peer: string) => story.scores.counters(peer, TOPIC)?.meshMessageDeliveries

  it('that come again while they are validated count in the mesh, once a peer, when they turn out to be valid', () => {
    const story = new Story().tell(...arrived, duplicate('bob'), duplicate('bob'))
    story.nowMs += 60_000
    story.tell({ kind: 'deliver', peer: 'ada', topic: TOPIC, message: 'm' }, duplicate('bob'))
    expect([deliveries(story, 'ada'), deliveries(story, 'bob')]).toEqual([1, 1])
    expect(story.scores.counters('bob', TOPIC)?.firstMessageDeliveries).toBe(0)
  })

  it.each([
    { lateByMs: 10, counts: 1 },
    { lateByMs: 11, counts: 0 }
  ])('that come again $lateByMs ms after they were found valid count $counts in a window of 10', ({ lateByMs, counts }) => {
    const story = new Story().tell(...arrived, { kind: 'deliver', peer: 'ada', topic: TOPIC, message: 'm' })
    story.nowMs += lateByMs
    expect(deliveries(story.tell(duplicate('bob')), 'bob')).toBe(counts)
  })

  it.each<{ reason: Rejection; ada: number; bob: number; late: number }>([
    { reason: 'invalid', ada: 1, bob: 1, late: 1 },
    { reason: 'ignored', ada: 0, bob: 0, late: 0 },
    { reason: 'throttled', ada: 0, bob: 0, late: 0 },
    // Nothing is remembered of it, so the others are still judged by what comes of it.
    { reason: 'unverifiable', ada: 1, bob: 0, late: 0 },
    { reason: 'blacklisted', ada: 0, bob: 0, late: 0 }
  ])(
    'that are $reason cost the sender $ada, who brought it too $bob, who brings it later $late',
    ({ reason, ada, bob, late }) => {
      const story = new Story().tell(...arrived, duplicate('bob'))
      story.tell({ kind: 'reject', peer: 'ada', topic: TOPIC, message: 'm', reason }, { kind: 'connected', peer: 'cyd' })
      story.tell(duplicate('cyd'))
      const invalid = (peer: string) => story.scores.counters(peer, TOPIC)?.invalidMessageDeliveries ?? 0
      expect([invalid('ada'), invalid('bob'), invalid('cyd')]).toEqual([ada, bob, late])
    }
  )

  it('are forgotten after two minutes', () => {
    const story = new Story().deliver(50).pass(120)
    expect(story.scores.messages).toBe(50)
    expect(story.pass(1).scores.messages).toBe(0)
  })
})

describe('peers that leave', () => {
  it.each([
    { given: 'a good score', penalty: 0, presence: 'unknown' },
    { given: 'a bad score', penalty: 3, presence: 'retained' }
  ] as const)('with $given are $presence', ({ penalty, presence }) => {
    const story = new Story().deliver(5).tell({ kind: 'penalty', peer: 'ada', count: penalty }, { kind: 'left', peer: 'ada' })
    expect(story.scores.presence('ada')).toBe(presence)
  })

  it('pay for the deficit with which they left a mesh, lose their first deliveries, and find the rest again', () => {
    const story = new Story().pass(2)
    expect(story.tell({ kind: 'left', peer: 'ada' }).score).toBe(-400)
    // What is retained does not decay.
    expect(story.pass(100).score).toBe(-400)
    expect(story.tell({ kind: 'connected', peer: 'ada' }).score).toBe(-400)
    expect(story.pass(1).score).toBe(-200)
  })

  it('are forgotten after retainScore', () => {
    const story = new Story(someParams({}, { retainScore: 5000 })).pass(2).tell({ kind: 'left', peer: 'ada' })
    expect(story.pass(5).scores.presence('ada')).toBe('retained')
    expect(story.pass(1).scores.presence('ada')).toBe('unknown')
    expect(story.scores.size).toBe(0)
  })
})

describe('the implementations', () => {
  const byVariant = (value: (variant: ScoreVariant) => unknown) => Object.fromEntries(VARIANTS.map((v) => [v, value(v)]))

  it('differ in what a pruned peer pays: in Go the deficit goes on to count, on top of the penalty for it', () => {
    const params = someParams({ meshFailurePenaltyDecay: 0.999 })
    const paid = (variant: ScoreVariant) =>
      new Story(params, { variant }).pass(2).tell({ kind: 'prune', peer: 'ada', topic: TOPIC }).score
    expect(byVariant(paid)).toEqual({ specification: -400, go: -800, js: -400, rust: -400 })
  })

  it('differ in whether a second PRUNE is paid for again', () => {
    const prune: ScoreEvent = { kind: 'prune', peer: 'ada', topic: TOPIC }
    const paid = (variant: ScoreVariant) =>
      new Story(someParams(), { variant }).pass(2).tell(prune, prune).counters?.meshFailurePenalty
    expect(byVariant(paid)).toEqual({ specification: 400, go: 800, js: 400, rust: 400 })
  })

  it('differ in what a peer finds that comes back', () => {
    const found = (variant: ScoreVariant) =>
      new Story(someParams(), { variant }).tell(
        { kind: 'penalty', peer: 'ada', count: 2 },
        { kind: 'left', peer: 'ada' },
        { kind: 'connected', peer: 'ada' }
      ).score
    expect(byVariant(found)).toEqual({ specification: -40, go: -40, js: 0, rust: -40 })
  })

  it('differ in parts of a quantum', () => {
    const params = someParams({ timeInMeshQuantum: 12_000, meshMessageDeliveriesActivation: 1e6 })
    const earned = (variant: ScoreVariant) => new Story(params, { variant }).pass(18).score
    expect(byVariant(earned)).toEqual({ specification: 1, go: 1, js: 1.5, rust: 1.5 })
  })

  it.each([
    { ips: ['2001:db8::1', '2001:db8::2'], expected: { specification: 0, go: -5, js: 0, rust: 0 } },
    { ips: ['2001:db8::1', '2001:db8:0:0:1::2'], expected: { specification: 0, go: -5, js: 0, rust: 0 } },
    { ips: ['2001:db8::1', '2001:db8:0:1::2'], expected: { specification: 0, go: 0, js: 0, rust: 0 } },
    { ips: ['2001:db8::1', '2001:db8::1'], expected: { specification: -5, go: -10, js: -5, rust: -5 } },
    { ips: ['192.0.2.1', '192.0.2.2'], expected: { specification: 0, go: 0, js: 0, rust: 0 } }
  ])('differ in who is at one address: $ips', ({ ips, expected }) => {
    const paid = (variant: ScoreVariant) => {
      const story = new Story(someParams(), { variant }).tell({ kind: 'connected', peer: 'bob' })
      story.tell(...['ada', 'bob'].map((peer, i) => ({ kind: 'address', peer, ip: ips[i] }) as const))
      return story.score
    }
    expect(byVariant(paid)).toEqual(expected)
  })
})

describe('what is refused', () => {
  it.each([
    [
      someParams({ invalidMessageDeliveriesWeight: 1 }),
      /topics\["jobs"\]\.invalidMessageDeliveriesWeight must be a finite number of at most 0, got 1/
    ],
    [someParams({ meshMessageDeliveriesCap: 19 }), /meshMessageDeliveriesCap must be at least the threshold, 20, .*got 19/],
    [someParams({ firstMessageDeliveriesDecay: 1 }), /firstMessageDeliveriesDecay must be above 0 and below 1/],
    [someParams({}, { decayInterval: 999 }), /decayInterval must be an integer of at least 1000/],
    [someParams({}, { topicScoreCap: Infinity }), /topicScoreCap must be a finite number of at least 0/],
    [
      someParams({}, { IPColocationFactorWhitelist: new Set(['10.0.0.0/33']) }),
      /networks such as 10.0.0.0\/8, got "10.0.0.0\/33"/
    ]
  ])('parameters out of range %#', (params, message) => {
    expect(() => peerScores(params)).toThrow(message)
  })

  it('nothing of a parameter whose weight is 0', () => {
    const off = someParams({
      meshMessageDeliveriesWeight: 0,
      meshMessageDeliveriesThreshold: 0,
      meshMessageDeliveriesCap: 0,
      meshMessageDeliveriesDecay: 0,
      meshMessageDeliveriesActivation: 0,
      meshFailurePenaltyWeight: -0,
      meshFailurePenaltyDecay: 0
    })
    expect(new Story(off).pass(5).scores.components('ada')?.score).toBe(5)
  })

  it.each<ScoreEvent>([
    { kind: 'penalty', peer: 'ada', count: NaN },
    { kind: 'application-score', peer: 'ada', score: NaN },
    { kind: 'application-score', peer: 'ada', score: 1e16 }
  ])('figures that are none: %j', (event) => {
    expect(() => new Story().tell(event)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  it('a topic that is not scored, and a peer that is not there, count nowhere', () => {
    const story = new Story(someParams({}, { topics: { jobs: someTopic() } })).tell(
      { kind: 'deliver', peer: 'ada', topic: '__proto__', message: 'm' },
      { kind: 'deliver', peer: 'bob', topic: TOPIC, message: 'n' },
      { kind: 'penalty', peer: 'bob', count: 9 },
      { kind: 'left', peer: 'bob' }
    )
    expect([story.score, story.scores.score('bob'), story.scores.components('bob')]).toEqual([0, 0, undefined])
  })
})
