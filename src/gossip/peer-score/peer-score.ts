import { checkFinite, checkNonNegative, checkOneOf } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import type { PeerScoreParams, TopicScoreParams } from '../score-params.ts'
import { AddressBook } from './address-book.ts'
import { checkPeerParams, MAX_SCORE_FIGURE } from './check-score-params.ts'
import { scoreComponents, type ScoreComponents } from './components.ts'
import {
  countFirst,
  countInMesh,
  decayPeer,
  graft,
  leave,
  newPeer,
  newTopic,
  type PeerCounters,
  prune,
  type TopicCounters
} from './counters.ts'
import { type DeliveryCounting, DeliveryRecords } from './delivery-records.ts'
import type { ScoreEvent } from './score-event.ts'
import { SCORE_RULES, type ScoreRules, type ScoreVariant } from './score-rules.ts'

export interface PeerScoreOptions {
  /** Whose reading of the specification. @default 'specification' */
  readonly variant?: ScoreVariant
  /** Single rules instead of the variant's. */
  readonly rules?: Partial<ScoreRules>
}

/** The scores that a gossipsub node gives its peers. Nothing happens by itself: time comes with the events. */
export interface PeerScores {
  /**
   * Lets an event happen. Events of peers that are not known, and of topics that are not scored, change nothing.
   * @param atMs of any start, not before that of the event before
   * @throws ERR_INVALID_OPTION for a time, penalty or application score that is no number or negative where it may not be
   */
  apply(event: ScoreEvent, atMs: number): void
  /** 0 for a peer that is not known. */
  score(peer: string): number
  /** The parts of the score; undefined for a peer that is not known. */
  components(peer: string): ScoreComponents | undefined
  /** A copy of what is counted; undefined for a peer that is not known or never was in the topic. */
  counters(peer: string, topic: string): Readonly<TopicCounters> | undefined
  /** Whether a peer is connected, has left and is remembered, or is not known. */
  presence(peer: string): 'connected' | 'retained' | 'unknown'
  /** Peers that are known: connected or retained. */
  readonly size: number
  /** Messages that are remembered. */
  readonly messages: number
}

/**
 * gossipsub's peer scores as a model: what a node that runs it thinks of its peers after these events.
 * @throws ERR_INVALID_OPTION naming the parameter
 */
export function peerScores(params: PeerScoreParams, { variant = 'specification', rules }: PeerScoreOptions = {}): PeerScores {
  checkOneOf('variant', variant, ['specification', 'go', 'js', 'rust'])
  checkPeerParams(params)
  return new ModelScores(params, { ...SCORE_RULES[variant], ...rules })
}

/** Where a peer is: at an address, in a mesh. */
type Placement = Extract<ScoreEvent, { kind: 'address' | 'address-gone' | 'graft' | 'prune' }>

type Change = Exclude<ScoreEvent, Placement | { readonly message: string }>

class ModelScores implements PeerScores {
  readonly #params: PeerScoreParams
  readonly #rules: ScoreRules
  readonly #topics: ReadonlyMap<string, TopicScoreParams>
  readonly #peers = new Map<string, PeerCounters>()
  readonly #applicationScores = new Map<string, number>()
  readonly #addresses: AddressBook
  readonly #records = new DeliveryRecords()
  readonly #counting: DeliveryCounting = {
    first: (peer, topic) => {
      const counters = this.#countersOf(peer, topic)
      if (counters !== undefined) countFirst(counters, this.#paramsOf(topic))
    },
    again: (peer, topic, lateByMs) => {
      this.#countAgain(peer, topic, lateByMs)
    },
    invalid: (peer, topic) => {
      const counters = this.#countersOf(peer, topic)
      if (counters !== undefined) counters.invalidMessageDeliveries += 1
    }
  }

  constructor(params: PeerScoreParams, rules: ScoreRules) {
    this.#params = params
    this.#rules = rules
    this.#topics = new Map(Object.entries(params.topics))
    this.#addresses = new AddressBook(params.IPColocationFactorWhitelist, rules)
  }

  get size(): number {
    return this.#peers.size
  }

  get messages(): number {
    return this.#records.size
  }

  apply(event: ScoreEvent, atMs: number): void {
    checkFinite('atMs', atMs)
    if ('message' in event) this.#records.tell(event, atMs, this.#counting)
    else if ('ip' in event || 'topic' in event) this.#move(event, atMs)
    else this.#change(event, atMs)
  }

  #change(event: Change, atMs: number): void {
    switch (event.kind) {
      case 'connected':
        this.#connect(event.peer)
        break
      case 'left':
        this.#leave(event.peer, atMs)
        break
      case 'penalty':
        this.#penalise(event.peer, event.count)
        break
      case 'application-score':
        this.#setApplicationScore(event.peer, event.score)
        break
      case 'decay':
        this.#decay(atMs)
        break
    }
  }

  score(peer: string): number {
    return this.components(peer)?.score ?? 0
  }

  components(peer: string): ScoreComponents | undefined {
    const counters = this.#peers.get(peer)
    if (counters === undefined) return undefined
    return scoreComponents(counters, {
      params: this.#params,
      rules: this.#rules,
      applicationScore: this.#applicationScores.get(peer) ?? applicationFigure(this.#params.appSpecificScore(peer)),
      peersAtAddresses: this.#addresses.counts(counters.addresses)
    })
  }

  counters(peer: string, topic: string): Readonly<TopicCounters> | undefined {
    const counters = this.#peers.get(peer)?.topics.get(topic)
    return counters === undefined ? undefined : { ...counters }
  }

  presence(peer: string): 'connected' | 'retained' | 'unknown' {
    const known = this.#peers.get(peer)
    if (known === undefined) return 'unknown'
    return known.connected ? 'connected' : 'retained'
  }

  #connect(peer: string): void {
    const known = this.#peers.get(peer)
    if (known !== undefined && this.#rules.onReconnect === 'keep') {
      // It may have moved in between: addresses are told anew.
      if (!known.connected) this.#forgetAddresses(peer, known)
      known.connected = true
      return
    }
    if (known !== undefined) this.#forgetAddresses(peer, known)
    this.#peers.set(peer, newPeer())
  }

  #leave(peer: string, atMs: number): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    // Only a score that is not positive is kept, so that nobody collects a good one to spend it later.
    if (this.score(peer) > 0) {
      this.#forget(peer, known)
      return
    }
    for (const [topic, counters] of known.topics) leave(counters, this.#paramsOf(topic), this.#rules)
    known.connected = false
    known.expiresAtMs = atMs + this.#params.retainScore
  }

  #decay(atMs: number): void {
    for (const [peer, counters] of this.#peers) {
      // A score that is kept does not decay, or a bad one would be sat out.
      if (counters.connected) decayPeer(counters, this.#params, atMs)
      else if (atMs > counters.expiresAtMs) this.#forget(peer, counters)
    }
    this.#records.expire(atMs)
  }

  #forget(peer: string, counters: PeerCounters): void {
    this.#forgetAddresses(peer, counters)
    this.#peers.delete(peer)
    this.#applicationScores.delete(peer)
  }

  #forgetAddresses(peer: string, { addresses }: PeerCounters): void {
    for (const place of addresses) this.#addresses.remove(place, peer, addresses)
  }

  #move(event: Placement, atMs: number): void {
    if (event.kind === 'address' || event.kind === 'address-gone') {
      const known = this.#peers.get(event.peer)
      if (known === undefined) return
      for (const place of this.#addresses.placesOf(event.ip)) {
        if (event.kind === 'address') this.#addresses.add(place, event.peer, known.addresses)
        else this.#addresses.remove(place, event.peer, known.addresses)
      }
      return
    }
    const counters = this.#countersOf(event.peer, event.topic)
    if (counters === undefined) return
    if (event.kind === 'graft') graft(counters, atMs)
    else prune(counters, this.#paramsOf(event.topic), this.#rules)
  }

  #penalise(peer: string, count: number): void {
    checkNonNegative('count', count)
    const known = this.#peers.get(peer)
    if (known !== undefined) known.behaviourPenalty = Math.min(MAX_SCORE_FIGURE, known.behaviourPenalty + count)
  }

  #setApplicationScore(peer: string, score: number): void {
    const figure = applicationFigure(score)
    if (this.#peers.has(peer)) this.#applicationScores.set(peer, figure)
  }

  #countAgain(peer: string, topic: string, lateByMs: number): void {
    const counters = this.#countersOf(peer, topic)
    if (counters?.inMesh !== true) return
    const params = this.#paramsOf(topic)
    if (lateByMs <= params.meshMessageDeliveriesWindow) countInMesh(counters, params)
  }

  /** The peer's counters of the topic, made if there are none; undefined where nothing is counted. */
  #countersOf(peer: string, topic: string): TopicCounters | undefined {
    const topics = this.#peers.get(peer)?.topics
    if (topics === undefined || !this.#topics.has(topic)) return undefined
    const known = topics.get(topic)
    if (known !== undefined) return known
    const made = newTopic()
    topics.set(topic, made)
    return made
  }

  #paramsOf(topic: string): TopicScoreParams {
    const params = this.#topics.get(topic)
    if (params === undefined) throw new PeerbanditError('ERR_INVALID_OPTION', `topic ${JSON.stringify(topic)} is not scored`)
    return params
  }
}

/** @throws ERR_INVALID_OPTION for what is no number or absurdly large */
function applicationFigure(score: number): number {
  if (!(Math.abs(score) <= MAX_SCORE_FIGURE)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `the application's score of a peer must be a number of at most ${MAX_SCORE_FIGURE}, got ${score}`
    )
  }
  return score
}
