import { describe, expect, it } from 'vitest'
import { GIST_TOPICS, type GistSet, paramsOfTopic } from '../../../src/gossip/peer-score/gist-params.ts'
import { readScoreParams } from '../../../src/gossip/peer-score/params-file.ts'
import { scorePage } from '../../../src/gossip/peer-score/score-page.ts'
import { SCORE_SCENARIOS, type ScoreScenario } from '../../../src/gossip/peer-score/score-scenario.ts'
import { type ScoreSimulation, simulateScore, type SimulationOptions } from '../../../src/gossip/peer-score/simulate-score.ts'

const TOPIC = 'jobs'

function scenario(name: string): ScoreScenario {
  const found = SCORE_SCENARIOS.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no scenario ${name}`)
  return found
}

function simulate(set: GistSet, of: ScoreScenario | string, options: Partial<SimulationOptions> = {}): ScoreSimulation {
  return simulateScore(typeof of === 'string' ? scenario(of) : of, {
    params: paramsOfTopic(TOPIC, GIST_TOPICS[set]),
    topic: TOPIC,
    rate: 10,
    ...options
  })
}

const pruned = ({ incidents }: ScoreSimulation) => incidents.filter(({ kind }) => kind === 'prune').map(({ second }) => second)
const end = ({ points }: ScoreSimulation) => points[points.length - 1]

describe("the parameters of vyzo's gist", () => {
  it.each([
    ['steady', 'meshMessageDeliveriesThreshold', 333.3333],
    ['steady', 'meshMessageDeliveriesCap', 666.6667],
    ['steady', 'firstMessageDeliveriesCap', 2380.952],
    ['steady', 'meshMessageDeliveriesWeight', -0.009],
    ['steady', 'firstMessageDeliveriesWeight', 0.4183],
    ['steady', 'invalidMessageDeliveriesWeight', -9.96],
    ['arithmetic', 'timeInMeshWeight', 0.00027778],
    ['arithmetic', 'meshMessageDeliveriesWeight', -0.025],
    ['published', 'timeInMeshWeight', 0.0027],
    ['published', 'meshMessageDeliveriesWeight', -0.25],
    ['published', 'invalidMessageDeliveriesWeight', -99]
  ] as const)('%s: %s is %d', (set, name, value) => {
    expect(GIST_TOPICS[set][name] / value).toBeCloseTo(1, 4)
  })

  it.each([
    ['published', 29.4],
    ['arithmetic', 355.7]
  ] as const)('%s keep a peer that slackens to half of the rate, at %d points', (set, score) => {
    const simulation = simulate(set, 'slackens')
    expect(pruned(simulation)).toEqual([])
    expect(end(simulation).components.score).toBeCloseTo(score, 0)
  })

  it('for counters as they settle prune it five minutes later', () => {
    expect(pruned(simulate('steady', 'slackens'))[0]).toBe(909)
  })

  it('prune a peer that delivers half from the start as soon as deficits count, whichever they are', () => {
    expect((['published', 'arithmetic', 'steady'] as const).map((set) => pruned(simulate(set, 'half'))[0])).toEqual([31, 31, 101])
  })

  it('as published take a deficit of everything for 10,000 points, where 1000 were meant', () => {
    const lowest = (set: GistSet) => Math.min(...simulate(set, 'silent').points.map(({ components }) => components.score))
    expect(lowest('published')).toBeCloseTo(-10_000, 6)
    expect(lowest('arithmetic')).toBeCloseTo(-1000, 6)
    expect(lowest('steady')).toBeCloseTo(-1000, 6)
  })
})

describe('a simulated peer', () => {
  it('has the counters that its rate settles at', () => {
    const { counters } = end(simulate('steady', 'full'))
    expect(counters?.meshMessageDeliveries).toBeCloseTo((10 * 0.97) / 0.03, 6)
    expect(counters?.firstMessageDeliveries).toBeCloseTo((10 * 0.9916) / 0.0084, 0)
  })

  it('brings a share of its messages second: they count in the mesh alone', () => {
    const of: ScoreScenario = { name: 'second', text: '', phases: [{ seconds: 1200, delivered: 1, first: 0.25 }] }
    const { counters } = end(simulate('steady', of))
    expect(counters?.meshMessageDeliveries).toBeCloseTo((10 * 0.97) / 0.03, 0)
    expect(counters?.firstMessageDeliveries).toBeCloseTo((2.5 * 0.9916) / 0.0084, 0)
  })

  it('sends one invalid message to nineteen others, and pays by the square', () => {
    const of: ScoreScenario = { name: 'invalid', text: '', phases: [{ seconds: 19, delivered: 1, invalid: 0.05 }] }
    const simulation = simulate('steady', of, { pruneBackoffSeconds: Infinity })
    expect(end(simulation).counters?.invalidMessageDeliveries).toBeCloseTo(10, 0)
    expect(end(simulation).components.invalidMessageDeliveries).toBeLessThan(-900)
  })

  it('finds its score again when it is back, but for the variant of JavaScript', () => {
    const back = (variant: PeerVariant) => {
      const simulation = simulate('published', 'returns', { variant })
      return simulation.incidents.filter(({ kind }) => kind === 'connected')[1].score
    }
    // The score is what was kept until then; a wiped one shows in the second after.
    expect(back('specification')).toBeLessThan(-100)
    const after = (variant: PeerVariant) =>
      simulate('published', 'returns', { variant }).points.find(({ second }) => second === 901)?.components.score ?? NaN
    expect(after('specification')).toBeLessThan(-100)
    expect(after('js')).toBeGreaterThanOrEqual(0)
  })

  it('is not grafted again before the back-off is over, and never where there is no end to it', () => {
    const again = ({ incidents }: ScoreSimulation) => incidents.filter(({ kind }) => kind === 'graft').map(({ second }) => second)
    const [first, second] = again(simulate('arithmetic', 'half', { pruneBackoffSeconds: 300 }))
    expect(first).toBe(0)
    expect(second).toBeGreaterThanOrEqual(331)
    expect(again(simulate('arithmetic', 'half', { pruneBackoffSeconds: Infinity }))).toEqual([0])
  })

  it.each([
    [{ rate: 0 }, /rate must be a finite number above 0/],
    [{ topic: 'toString' }, /topic must be one of the parameters' topics, got "toString"/],
    [{ rate: 1e9 }, /up to 20000000 messages/]
  ] as const)('is refused with %j', (options, message) => {
    expect(() => simulate('steady', 'full', options)).toThrow(message)
  })

  it.each([
    [{ seconds: 1, delivered: -1 }, /delivered/],
    [{ seconds: 1, delivered: 1, invalid: 1 }, /invalid must be at least 0 and below 1/],
    [{ seconds: 0, delivered: 1 }, /seconds/]
  ])('is refused with a phase of %j', (phase, message) => {
    expect(() => simulate('steady', { name: '', text: '', phases: [phase] })).toThrow(message)
  })
})

type PeerVariant = NonNullable<SimulationOptions['variant']>

describe('the page of simulations', () => {
  it('has the plots of every scenario as SVG, and no scripts', async () => {
    const simulations = ['half', 'invalid'].map((name) => simulate('published', name))
    const html = await scorePage(simulations, GIST_TOPICS.published, { params: 'a <set>', rate: 10 })
    expect(html.match(/<svg/g)).toHaveLength(4)
    expect(html).toContain('a &lt;set&gt;')
    expect(html).toContain('first pruned after 0:31')
    expect(html).not.toMatch(/NaN|<script/)
  })
})

describe('a file of parameters', () => {
  const topic = GIST_TOPICS.steady
  const whole = { topics: { jobs: topic, peers: topic }, topicScoreCap: 50, IPColocationFactorWhitelist: ['192.0.2.1'] }

  it('may be of one topic', () => {
    expect(readScoreParams(JSON.stringify(topic), 'f').params.topics).toEqual({ topic })
  })

  it('may be of a whole score, of which one topic is meant', () => {
    const read = readScoreParams(JSON.stringify(whole), 'f', 'peers')
    expect(read).toMatchObject({ topic: 'peers', params: { topicScoreCap: 50, decayInterval: 1000 } })
    expect([...read.params.IPColocationFactorWhitelist]).toEqual(['192.0.2.1'])
    expect(read.params.appSpecificScore('ada')).toBe(0)
  })

  it.each([
    ['{', /^f: must be JSON/],
    ['[]', /^f: must be an object/],
    ['{}', /^f: topics\["topic"\]\.topicWeight must be a finite number of at least 0, got undefined/],
    [JSON.stringify({ ...topic, topicWeight: 'much' }), /topicWeight must be a finite number of at least 0, got "much"/],
    [JSON.stringify(whole), /^f: has 2 topics, name one of jobs, peers/],
    [JSON.stringify({ ...whole, topics: { jobs: null } }), /^f: /],
    [JSON.stringify({ ...whole, IPColocationFactorWhitelist: 'all' }), /must be an array of addresses/],
    [' '.repeat(1_000_001), /at most 1000000 characters/]
  ])('that is none is refused: %.30s', (text, message) => {
    expect(() => readScoreParams(text, 'f')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) as string })
    )
  })
})
