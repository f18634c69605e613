import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { GossipSub, Message, SubscriptionChangeData } from '@libp2p/gossipsub'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { checkPositive } from '../../core/check.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { systemClock } from '../../core/clock.ts'
import { PeerbanditError, isPeerbanditError } from '../../core/errors.ts'
import type { PeerId } from '../../job/decision.ts'
import { addressGroup, UNKNOWN_GROUP } from '../../reputation/address-group.ts'
import type { Admission } from '../../reputation/admission.ts'
import type { Reputation } from '../../reputation/reputation.ts'
import type { Summary } from '../../reputation/summary.ts'
import type { NetworkNode } from '../node.ts'
import { type RequestBudget, requestBudget, type RequestBudgetOptions } from '../request-budget.ts'
import type { Serving } from '../serving.ts'
import { REPUTATION_TOPIC } from './reputation-gossip.ts'
import { MAX_SIGNED_SUMMARY_BYTES, openSummary, signSummary } from './summary-codec.ts'

export interface ShareReputationOptions {
  /** Between two own summaries, ms ≥ 5000. @default 30 s */
  readonly intervalMs?: number
  /** Told of every message on the topic and what became of it. @default nobody */
  readonly onMessage?: (received: ReceivedSummary) => void
  readonly clock?: Clock & Timers
}

export interface ReceivedSummary {
  /** The peer that passed the message on. */
  readonly from: PeerId
  readonly verdict: Admission['verdict']
  /** Why. */
  readonly reason: Admission['reason'] | 'unsound' | 'not-the-author' | 'too-often'
}

export interface SharedReputation extends Serving {
  /** Tells what this router knows now. */
  publish(): Promise<void>
}

const DEFAULTS = { intervalMs: 30_000, onMessage: () => undefined, clock: systemClock } as const

/** No router need tell more often, ms. */
const LEAST_INTERVAL_MS = 5_000

/** How often each router may be heard. */
export const SUMMARY_BUDGET: RequestBudgetOptions = { perSecond: 1000 / LEAST_INTERVAL_MS, burst: 4, maxPeers: 2_048 }

/** How long a newcomer to the topic is waited for to settle before it is told, ms. */
const GREETING_MS = 1_000

const RESULTS = {
  taken: TopicValidatorResult.Accept,
  ignored: TopicValidatorResult.Ignore,
  refused: TopicValidatorResult.Reject
} as const satisfies Record<Admission['verdict'], TopicValidatorResult>

type Judgement = Pick<ReceivedSummary, 'verdict' | 'reason'>

/** Judges messages before gossipsub passes them on, and hands the sound ones to the reputation. */
class Gatekeeper {
  readonly #node: NetworkNode
  readonly #reputation: Reputation
  readonly #clock: Clock
  readonly #budget: RequestBudget

  constructor(node: NetworkNode, reputation: Reputation, clock: Clock) {
    this.#node = node
    this.#reputation = reputation
    this.#clock = clock
    this.#budget = requestBudget(clock, SUMMARY_BUDGET)
  }

  /** @param from who passed it on @param message whose author's signature gossipsub has checked */
  async judge(from: PeerId, message: Message): Promise<Judgement> {
    if (message.type !== 'signed') return { verdict: 'refused', reason: 'unsound' }
    const author = message.from.toString()
    if (message.data.length > MAX_SIGNED_SUMMARY_BYTES) return { verdict: 'refused', reason: 'unsound' }
    // Whoever passes on what others send too often does not know of it.
    if (!this.#budget.take(author)) {
      return { verdict: author === from ? 'refused' : 'ignored', reason: 'too-often' }
    }
    let summary: Summary
    try {
      summary = await openSummary(message.data)
    } catch (error) {
      if (isPeerbanditError(error, 'ERR_PROTOCOL')) return { verdict: 'refused', reason: 'unsound' }
      throw error
    }
    // Only the router itself may publish its summary: what another one kept of it is a replay.
    if (summary.router !== author) return { verdict: 'refused', reason: 'not-the-author' }
    return this.#reputation.receive(summary, this.#groupOf(message.from), this.#clock.wall())
  }

  /** Network of a router's address where it is connected: nothing but that is known of it for sure. */
  #groupOf(router: Libp2pPeerId): string {
    const [connection] = this.#node.libp2p.getConnections(router)
    const ip = connection?.remoteAddr.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value
    return ip === undefined ? UNKNOWN_GROUP : addressGroup(ip)
  }
}

function pubsubOf({ libp2p }: NetworkNode): GossipSub {
  const { pubsub } = libp2p.services
  if (pubsub !== undefined) return pubsub
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    'to share its reputation a node must have a pubsub, e.g. reputationGossip(); got none'
  )
}

/** Publishes every so often, and soon after somebody joined, never two at once and never too often. */
function schedule(publish: () => Promise<void>, intervalMs: number, clock: Clock & Timers) {
  let lastMs = -Infinity
  let dueMs = Infinity
  let cancel = () => undefined as void
  let running: Promise<unknown> = Promise.resolve()
  let stopped = false

  function plan(delayMs: number): void {
    const atMs = Math.max(clock.now() + delayMs, lastMs + LEAST_INTERVAL_MS)
    if (stopped || atMs >= dueMs) return
    cancel()
    dueMs = atMs
    cancel = clock.after(atMs - clock.now(), () => {
      dueMs = Infinity
      lastMs = clock.now()
      // What cannot be sent now is sent next time; there is nobody to tell.
      running = publish().catch(() => undefined)
      plan(intervalMs)
    })
  }

  return {
    plan,
    async stop() {
      stopped = true
      cancel()
      await running
    }
  }
}

/**
 * Tells what this router saw of peers on {@link REPUTATION_TOPIC}, and takes in what others tell. Whoever joins the topic is told by its
 * neighbours within seconds, by all others with their next summary.
 * @param node with a `pubsub`, whose id is the reputation's router
 * @throws ERR_INVALID_OPTION
 */
export function shareReputation(
  node: NetworkNode,
  reputation: Reputation,
  options: ShareReputationOptions = {}
): SharedReputation {
  const { intervalMs, onMessage, clock } = { ...DEFAULTS, ...options }
  if (!(checkPositive('intervalMs', intervalMs) >= LEAST_INTERVAL_MS)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `intervalMs must be at least ${LEAST_INTERVAL_MS}, got ${intervalMs}`)
  }
  const pubsub = pubsubOf(node)
  const gatekeeper = new Gatekeeper(node, reputation, clock)

  async function publish(): Promise<void> {
    const summary = reputation.summary(clock.wall())
    if (summary.peers.length === 0) return
    await pubsub.publish(REPUTATION_TOPIC, await signSummary(summary, (bytes) => node.sign(bytes)))
  }

  const schedules = schedule(publish, intervalMs, clock)
  const greet = ({ detail }: CustomEvent<SubscriptionChangeData>) => {
    if (detail.subscriptions.some(({ topic, subscribe }) => subscribe && topic === REPUTATION_TOPIC)) schedules.plan(GREETING_MS)
  }

  pubsub.topicValidators.set(REPUTATION_TOPIC, async (peer, message) => {
    const from = peer.toString()
    const judgement = await gatekeeper.judge(from, message)
    onMessage({ from, ...judgement })
    return RESULTS[judgement.verdict]
  })
  pubsub.subscribe(REPUTATION_TOPIC)
  pubsub.addEventListener('subscription-change', greet)
  schedules.plan(GREETING_MS)
  return {
    publish,
    async stop() {
      pubsub.removeEventListener('subscription-change', greet)
      pubsub.unsubscribe(REPUTATION_TOPIC)
      pubsub.topicValidators.delete(REPUTATION_TOPIC)
      await schedules.stop()
    }
  }
}
