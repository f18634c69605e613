import { checkNonNegative, checkPositive, checkRatio } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import type { PeerScoreParams } from '../score-params.ts'
import type { ScoreComponents } from './components.ts'
import type { TopicCounters } from './counters.ts'
import { type PeerScoreOptions, type PeerScores, peerScores } from './peer-score.ts'
import type { ScoreEvent } from './score-event.ts'
import type { ScenarioPhase, ScoreScenario } from './score-scenario.ts'

export interface SimulationOptions extends PeerScoreOptions {
  readonly params: PeerScoreParams
  /** The topic of `params` that the peer is in. */
  readonly topic: string
  /** Messages/s that the peer is expected to deliver, > 0. */
  readonly rate: number
  /**
   * How long a peer that was pruned may not be grafted again, s ≥ 0; Infinity for never. A peer of a negative score is pruned, one of
   * another score grafted, as heartbeats have it.
   * @default 60
   */
  readonly pruneBackoffSeconds?: number
}

/** How a peer stands just after a decay. */
export interface ScorePoint {
  /** Since the start, s. */
  readonly second: number
  readonly inMesh: boolean
  readonly connected: boolean
  readonly counters: Readonly<TopicCounters> | undefined
  readonly components: ScoreComponents
}

/** Something that was done to the peer. */
interface ScoreIncident {
  readonly second: number
  readonly kind: 'graft' | 'prune' | 'left' | 'connected'
  /** Its score then. */
  readonly score: number
}

export interface ScoreSimulation {
  readonly scenario: ScoreScenario
  /** One a decay interval. */
  readonly points: readonly ScorePoint[]
  readonly incidents: readonly ScoreIncident[]
}

/** Events of more than this many messages are somebody's slip. */
const MOST_MESSAGES = 20_000_000

/** What a peer that is not known has. */
const NOTHING: ScoreComponents = {
  timeInMesh: 0,
  firstMessageDeliveries: 0,
  meshMessageDeliveries: 0,
  meshFailurePenalty: 0,
  invalidMessageDeliveries: 0,
  topicScoreCap: 0,
  application: 0,
  ipColocation: 0,
  behaviourPenalty: 0,
  score: 0
}

/**
 * How a peer's counters and score go while it does what a scenario says: every message an event of the model, evenly over time; after
 * each decay the mesh is kept as gossipsub's heartbeat keeps it.
 * @throws ERR_INVALID_OPTION
 */
export function simulateScore(scenario: ScoreScenario, options: SimulationOptions): ScoreSimulation {
  checkSimulation(scenario, options)
  return new Simulation(options).run(scenario)
}

function checkSimulation({ phases }: ScoreScenario, { params, topic, rate, pruneBackoffSeconds = 60 }: SimulationOptions): void {
  checkPositive('rate', rate)
  if (pruneBackoffSeconds !== Infinity) checkNonNegative('pruneBackoffSeconds', pruneBackoffSeconds)
  if (!Object.hasOwn(params.topics, topic)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `topic must be one of the parameters' topics, got ${JSON.stringify(topic)}`)
  }
  for (const { seconds, delivered, first = 1, invalid = 0 } of phases) {
    checkPositive('seconds', seconds)
    checkNonNegative('delivered', delivered)
    checkRatio('first', first)
    if (!(invalid >= 0 && invalid < 1)) {
      throw new PeerbanditError('ERR_INVALID_OPTION', `invalid must be at least 0 and below 1, got ${invalid}`)
    }
  }
  const messages = phases.reduce((sum, { seconds, delivered }) => sum + seconds * delivered * rate, 0)
  if (messages > MOST_MESSAGES) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `a scenario may have up to ${MOST_MESSAGES} messages, got ${messages}`)
  }
}

const PEER = 'peer'

/** When a message is due: nineteen times a nineteenth falls a little short of one. */
const WHOLE = 1 - 1e-9

class Simulation {
  readonly #options: SimulationOptions
  readonly #scores: PeerScores
  readonly #points: ScorePoint[] = []
  readonly #incidents: ScoreIncident[] = []
  #nowMs = 0
  #messages = 0
  /** Parts of messages that are due. */
  #due = { first: 0, again: 0, invalid: 0 }
  #backoffUntilMs = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#scores = peerScores(options.params, options)
  }

  run(scenario: ScoreScenario): ScoreSimulation {
    for (const phase of scenario.phases) this.#live(phase)
    return { scenario, points: this.#points, incidents: this.#incidents }
  }

  #live(phase: ScenarioPhase): void {
    const { connected = true } = phase
    const isThere = this.#scores.presence(PEER) === 'connected'
    if (connected && !isThere) this.#happens('connected')
    if (!connected && isThere) this.#happens('left')
    this.#keepMesh()
    const intervalMs = this.#options.params.decayInterval
    const intervals = Math.max(1, Math.round((phase.seconds * 1000) / intervalMs))
    for (let i = 0; i < intervals; i += 1) {
      if (connected) this.#send(phase, intervalMs / 1000)
      this.#nowMs += intervalMs
      this.#tell({ kind: 'decay' })
      this.#keepMesh()
      this.#note()
    }
  }

  /** What the peer sends in an interval. */
  #send({ delivered, first = 1, invalid = 0 }: ScenarioPhase, seconds: number): void {
    const valid = delivered * this.#options.rate * seconds
    const due = this.#due
    due.first += valid * first
    due.again += valid * (1 - first)
    due.invalid += (valid * invalid) / (1 - invalid)
    const { topic } = this.#options
    for (; due.first >= WHOLE; due.first -= 1) this.#tell({ kind: 'deliver', peer: PEER, topic, message: this.#next() })
    for (; due.again >= WHOLE; due.again -= 1) {
      const message = this.#next()
      this.#tell({ kind: 'deliver', peer: 'others', topic, message }, { kind: 'duplicate', peer: PEER, topic, message })
    }
    for (; due.invalid >= WHOLE; due.invalid -= 1) {
      this.#tell({ kind: 'reject', peer: PEER, topic, message: this.#next(), reason: 'invalid' })
    }
  }

  #next(): string {
    this.#messages += 1
    return `m${this.#messages}`
  }

  #keepMesh(): void {
    if (this.#scores.presence(PEER) !== 'connected') return
    const inMesh = this.#scores.counters(PEER, this.#options.topic)?.inMesh ?? false
    const score = this.#scores.score(PEER)
    if (inMesh && score < 0) {
      const { pruneBackoffSeconds = 60 } = this.#options
      this.#backoffUntilMs = this.#nowMs + pruneBackoffSeconds * 1000
      this.#happens('prune')
    } else if (!inMesh && score >= 0 && this.#nowMs >= this.#backoffUntilMs) this.#happens('graft')
  }

  #happens(kind: ScoreIncident['kind']): void {
    this.#incidents.push({ second: this.#nowMs / 1000, kind, score: this.#scores.score(PEER) })
    const { topic } = this.#options
    this.#tell(kind === 'graft' || kind === 'prune' ? { kind, peer: PEER, topic } : { kind, peer: PEER })
  }

  #tell(...events: readonly ScoreEvent[]): void {
    for (const event of events) this.#scores.apply(event, this.#nowMs)
  }

  #note(): void {
    const counters = this.#scores.counters(PEER, this.#options.topic)
    this.#points.push({
      second: this.#nowMs / 1000,
      inMesh: counters?.inMesh ?? false,
      connected: this.#scores.presence(PEER) === 'connected',
      counters,
      components: this.#scores.components(PEER) ?? NOTHING
    })
  }
}
