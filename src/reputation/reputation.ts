import { checkFinite, checkText } from '../core/check.ts'
import type { PeerId } from '../job/decision.ts'
import type { FailureShare, Hearsay } from '../prediction/hearsay.ts'
import type { Spread } from '../prediction/peer-averages.ts'
import { RecentMean } from '../prediction/recent-mean.ts'
import { type Admission, isKnown, makeRoom, timeliness } from './admission.ts'
import { Ledger, type OwnOutcome } from './ledger.ts'
import {
  type Belief,
  groupBound,
  heardFromFriends,
  heardFromStrangers,
  type Reach,
  type Report,
  strangerBound,
  type StrangerLimits
} from './opinion.ts'
import { type ReputationOptions, resolveOptions, type ResolvedOptions } from './options.ts'
import { type Slot, SummarySlots } from './slots.ts'
import { checkReputationSnapshot, type ReputationSnapshot } from './snapshot.ts'
import { checkSummary, type Summary } from './summary.ts'
import { aged, logPaceOfTally, outcomesOf, type Tally } from './tally.ts'
import { LEAST_WEIGHT, oddsOfReport, RouterTrust, type Seen, type Usual } from './trust.ts'

/** Outcomes of a peer after which it is told of. */
const LEAST_TOLD = 1
/** Own outcomes of a peer, and told ones, after which they are held against each other. */
const LEAST_COMPARED = 3
/** That a router tells what it sees, before anything is known of it. */
const FRIEND_PRIOR = 0.9
const STRANGER_PRIOR = 0.5
/** Who is believed less is not listened to at all: among peers of which nothing else is known, the least word would make an order. */
const LEAST_TRUST = 0.2
/** Variance of the log pace that a known router's report leaves, and how many jobs it takes to half of that. */
const REPORT_VARIANCE = 0.2
const HALF_REPORT_JOBS = 3
/** Outcomes that a report of failures is worth at most. */
const MOST_OUTCOMES = 20
/** Failures before any outcome, and over how many outcomes the usual share is averaged. */
const FAILURE_RATIO = 0.05
const FAILURE_SHARE = 0.02

/**
 * A report counts as off by no more than this. Of the log pace: a friend's as 20 times faster, a stranger's as 4 times; anybody's as 1.5 times
 * slower. Good words are put to the test with the next job and bad ones never: three friends of ten that slander the best peers before
 * anybody has tried them would otherwise keep everybody from trying.
 */
const PACE_REACH = {
  friends: { better: Math.log(20), worse: Math.log(1.5) },
  strangers: { better: Math.log(4), worse: Math.log(1.5) }
}
/** Of the share of failures. */
const FAILURE_REACH = { friends: { better: 1, worse: 0.12 }, strangers: { better: 0.25, worse: 0.12 } }

/** Most by which others move where a newcomer starts from. */
export interface Bounds {
  /** Of the log pace. */
  readonly pace: number
  /** Of the share of failures. */
  readonly failures: number
}

export interface Reputation extends Hearsay {
  /** Takes in an outcome of this router's own, and judges by it who told of the peer before. */
  observe(peer: PeerId, outcome: OwnOutcome, atMs: number): void
  /**
   * Takes in a summary that its router has signed.
   * @param group the router's network, see `addressGroup`
   * @throws ERR_PROTOCOL for what a summary may not hold
   */
  receive(summary: Summary, group: string, atMs: number): Admission
  /** The next summary of this router, newer than any before. */
  summary(atMs: number): Summary
  /** How far a router is believed, 0–1. */
  trust(router: PeerId, atMs: number): number
  /** Routers that are listened to. */
  routers(): PeerId[]
  /** Most by which all strangers together move a belief, and those of one group of addresses. */
  readonly bounds: { readonly strangers: Bounds; readonly group: Bounds }
  snapshot(): ReputationSnapshot
  /** Goes on from a snapshot. Call once, before anything is observed or received. @throws ERR_SNAPSHOT; then nothing has changed */
  restore(snapshot: unknown): void
}

export interface ReputationComponents {
  /** This router's libp2p peer id. */
  readonly routerId: PeerId
  /** Whether others know a peer by this id. @default all */
  readonly isTold?: (peer: PeerId) => boolean
}

/** What this router knows of peers by other routers' word, and what it tells them. @throws ERR_INVALID_OPTION */
export function reputation(components: ReputationComponents, options: ReputationOptions = {}): Reputation {
  checkText('routerId', components.routerId)
  return new SharedReputation(components, resolveOptions(options))
}

class SharedReputation implements Reputation {
  readonly #routerId: PeerId
  readonly #isTold: (peer: PeerId) => boolean
  readonly #options: ResolvedOptions
  readonly #friends: ReadonlySet<PeerId>
  readonly #ledger = new Ledger()
  readonly #slots = new SummarySlots()
  readonly #trust = new Map<PeerId, RouterTrust>()
  readonly #failureRatio = new RecentMean(FAILURE_RATIO, FAILURE_SHARE)
  #sequence = 0
  #revision = 1

  constructor({ routerId, isTold = () => true }: ReputationComponents, options: ResolvedOptions) {
    this.#routerId = routerId
    this.#isTold = isTold
    this.#options = options
    this.#friends = new Set(options.friends)
  }

  get revision(): number {
    return this.#revision
  }

  get bounds() {
    const pace = this.#strangers(PACE_REACH.strangers)
    const failures = this.#strangers(FAILURE_REACH.strangers)
    return {
      strangers: { pace: strangerBound(pace), failures: strangerBound(failures) },
      group: { pace: groupBound(pace), failures: groupBound(failures) }
    }
  }

  #strangers(reach: Reach): StrangerLimits {
    return { share: this.#options.strangerShare, groupShare: this.#options.groupShare, ...reach }
  }

  observe(peer: PeerId, outcome: OwnOutcome, atMs: number): void {
    checkFinite('atMs', atMs)
    if (outcome.logPace !== undefined) checkFinite('logPace', outcome.logPace)
    // Only the first outcome judges who told of the peer: after that it is told, and could be copied.
    if (this.#ledger.count(peer) === 0) this.#verify(peer, outcome, atMs)
    this.#failureRatio.add(outcome.ok ? 0 : 1)
    this.#ledger.observe(peer, outcome, atMs)
  }

  #verify(peer: PeerId, { ok, logPace }: OwnOutcome, atMs: number): void {
    const paceWeight = ok && logPace !== undefined ? 1 : 0
    const seen: Seen = { failures: ok ? 0 : 1, successes: ok ? 1 : 0, logPace: logPace ?? 0, paceWeight }
    const usual = this.#usual()
    for (const [router, slot] of this.#slots.entries()) {
      const told = toldOf(slot, peer, atMs)
      if (told === undefined) continue
      this.#trustOf(router).verify(oddsOfReport(told, seen, usual), atMs)
      this.#revision += 1
    }
  }

  #usual(): Usual {
    return { pace: this.#ledger.usualPace, failureRatio: this.#failureRatio.value }
  }

  receive(summary: Summary, group: string, atMs: number): Admission {
    checkSummary(summary)
    const { router } = summary
    if (router === this.#routerId) return { verdict: 'ignored', reason: 'own' }
    const untimely = timeliness(summary, this.#options, atMs)
    if (untimely !== undefined) return untimely
    if (isKnown(this.#slots, summary)) return { verdict: 'ignored', reason: 'known' }
    const room = { slots: this.#slots, friends: this.#friends, options: this.#options }
    if (!makeRoom(room, router, group, atMs)) return { verdict: 'ignored', reason: 'no-room' }
    this.#slots.merge(summary, group)
    this.#compare(summary, atMs)
    this.#forgetTrust()
    this.#revision += 1
    return { verdict: 'taken', reason: 'newer' }
  }

  /** Holds a summary against what is known of the peers in it. */
  #compare(summary: Summary, atMs: number): void {
    const usual = this.#usual()
    let odds = 0
    for (const { peer, ...tally } of summary.peers) {
      const own = this.#ledger.tally(peer, atMs)
      const outcomes = outcomesOf(own)
      if (outcomes < LEAST_COMPARED || outcomesOf(tally) < LEAST_COMPARED) continue
      // So many outcomes of one peer say no more than a few.
      const counted = Math.min(1, LEAST_COMPARED / outcomes)
      const seen: Seen = {
        failures: counted * own.failures,
        successes: counted * own.successes,
        logPace: logPaceOfTally(own),
        paceWeight: own.paceWeight
      }
      odds += oddsOfReport(tally, seen, usual)
    }
    this.#trustOf(summary.router).agrees(odds, atMs)
  }

  #trustOf(router: PeerId): RouterTrust {
    let trust = this.#trust.get(router)
    if (trust === undefined) {
      trust = new RouterTrust(this.#friends.has(router) ? FRIEND_PRIOR : STRANGER_PRIOR)
      this.#trust.set(router, trust)
    }
    return trust
  }

  /** Who has no slot any more is a stranger again; what was found out of so many of them is not kept. */
  #forgetTrust(): void {
    if (this.#trust.size <= 2 * (this.#options.maxStrangers + this.#friends.size)) return
    for (const router of this.#trust.keys()) if (this.#slots.get(router) === undefined) this.#trust.delete(router)
  }

  summary(atMs: number): Summary {
    const wholeMs = Math.max(0, Math.floor(atMs))
    // By the clock, so that a router that lost its state goes on above what others have of it.
    this.#sequence = Math.max(this.#sequence + 1, wholeMs)
    const isTold = (peer: PeerId) => peer !== this.#routerId && this.#isTold(peer)
    const peers = this.#options.share ? this.#ledger.told(LEAST_TOLD, wholeMs, isTold) : []
    return { router: this.#routerId, sequence: this.#sequence, atMs: wholeMs, peers }
  }

  trust(router: PeerId, atMs: number): number {
    return (this.#trust.get(router) ?? new RouterTrust(this.#friends.has(router) ? FRIEND_PRIOR : STRANGER_PRIOR)).value(atMs)
  }

  routers(): PeerId[] {
    return Array.from(this.#slots.entries(), ([router]) => router)
  }

  pace(peer: PeerId, { mean, variance }: Spread, atMs: number): Spread {
    const read = (tally: Tally): Belief | undefined => {
      if (tally.paceWeight < LEAST_WEIGHT) return undefined
      const known = tally.paceWeight / (tally.paceWeight + HALF_REPORT_JOBS)
      return { mean: logPaceOfTally(tally), precision: known / REPORT_VARIANCE }
    }
    const heard = this.#heard({ mean, precision: 1 / variance }, this.#reports(peer, atMs, read), PACE_REACH)
    return { mean: heard.mean, variance: 1 / heard.precision }
  }

  failures(peer: PeerId, { share, outcomes }: FailureShare, atMs: number): FailureShare {
    const read = (tally: Tally): Belief | undefined => {
      const told = outcomesOf(tally)
      if (told < LEAST_WEIGHT) return undefined
      return { mean: (tally.failures + share) / (told + 1), precision: Math.min(MOST_OUTCOMES, told) }
    }
    const heard = this.#heard({ mean: share, precision: outcomes }, this.#reports(peer, atMs, read), FAILURE_REACH)
    return { share: Math.min(1, Math.max(0, heard.mean)), outcomes: heard.precision }
  }

  #heard(before: Belief, { friends, strangers }: Reports, reach: { friends: Reach; strangers: Reach }): Belief {
    const known = heardFromFriends(before, friends, { share: this.#options.friendShare, ...reach.friends })
    return heardFromStrangers(known, strangers, this.#strangers(reach.strangers))
  }

  #reports(peer: PeerId, atMs: number, read: (tally: Tally) => Belief | undefined): Reports {
    const reports: Reports = { friends: [], strangers: [] }
    for (const [router, slot] of this.#slots.entries()) {
      const told = toldOf(slot, peer, atMs)
      const belief = told === undefined ? undefined : read(told)
      if (belief === undefined) continue
      const trust = this.trust(router, atMs)
      if (trust < LEAST_TRUST) continue
      const precision = trust * belief.precision
      reports[this.#friends.has(router) ? 'friends' : 'strangers'].push({ mean: belief.mean, precision, group: slot.group })
    }
    return reports
  }

  snapshot(): ReputationSnapshot {
    return {
      version: 1,
      sequence: this.#sequence,
      own: this.#ledger.entries(),
      slots: Array.from(this.#slots.entries(), ([, { group, summary }]) => ({ group, summary })),
      trust: Array.from(this.#trust, ([router, trust]) => [router, trust.state()] as const)
    }
  }

  restore(snapshot: unknown): void {
    const { sequence, own, slots, trust } = checkReputationSnapshot(snapshot)
    this.#sequence = sequence
    for (const [peer, entry] of own) this.#ledger.add(peer, entry)
    for (const { summary, group } of slots) this.#slots.merge(summary, group)
    for (const [router, state] of trust) this.#trustOf(router).restore(state)
    this.#revision += 1
  }
}

interface Reports {
  readonly friends: Report[]
  readonly strangers: Report[]
}

/** What a router told of a peer, at this moment. */
function toldOf({ summary, tallies }: Slot, peer: PeerId, atMs: number): Tally | undefined {
  const told = tallies.get(peer)
  return told === undefined ? undefined : aged(told, Math.max(0, atMs - summary.atMs))
}
