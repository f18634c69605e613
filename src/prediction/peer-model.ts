import type { Claims } from '../peer/observation.ts'
import type { Evidence } from '../peer/evidence.ts'
import type { PeerId } from '../job/decision.ts'
import type { LoadReport } from '../job/outcome.ts'
import { BrokenOff } from './broken-off.ts'
import { FailureBelief } from './failure-belief.ts'
import type { FailureShare } from './hearsay.ts'
import type { JobInFlight } from './in-flight.ts'
import { OtherJobs } from './other-jobs.ts'
import { newPaceBelief, type PaceBelief } from './pace-belief.ts'
import { claimedLogPace, type Contribution, type Pool } from './pool.ts'
import { ReportAudit } from './report-audit.ts'
import type { SharedPace } from './slowdown.ts'

/** Until a peer tells how many jobs it runs side by side. */
const USUAL_SLOTS = 4
/** Until it was pinged, ms. */
const USUAL_RTT_MS = 100
/** Jobs that the pool's overhead counts for in a peer's. */
const PRIOR_JOBS = 3
/** Weight of the newest job in a peer's overhead. */
const OVERHEAD_SHARE = 0.1
const MS_PER_HOUR = 3_600_000
/** Outcomes that the pool's share of failures counts for in a peer's. */
const PRIOR_OUTCOMES = 5
/** A change of the lasting log pace that others should hear of. */
const NEWS = 0.01
/** A departure in the first minute is no sixty in an hour: as if so long without any had gone before, ms. */
const PRIOR_PRESENCE_MS = 600_000
/** What others tell is looked at again no sooner than after so long, ms. */
const HEARSAY_INTERVAL_MS = 1_000
/** A peer is not taken to be there less than this share of the time: what leaves it must come back. */
const LEAST_UPTIME = 0.05

/** What only changes with the evidence, kept so that a decision does not read it again. */
interface Derived {
  /** Of the evidence that it was made from; −1 before. */
  version: number
  rttMs: number
  /** Standard deviation of round trips, ms. */
  jitterMs: number
  /** Share of jobs that usually fail, whatever they take; 0–1. */
  failureRatio: number
  /** Departures per ms of presence. */
  departuresPerMs: number
}

/** Peer; moment of the belief; lasting log pace and its variance; the audit's bias and variance; overhead and over how many jobs. */
export type PeerState = readonly [
  peer: PeerId,
  atMs: number,
  lasting: number,
  varLasting: number,
  bias: number,
  variance: number,
  overheadMs: number,
  overheadJobs: number
]

/** What is believed of one peer. */
export class PeerModel {
  readonly peer: PeerId
  pace: PaceBelief
  readonly audit = new ReportAudit()
  readonly others = new OtherJobs()
  readonly failures = new FailureBelief()
  readonly brokenOff = new BrokenOff()
  readonly jobs: JobInFlight[] = []
  readonly derived: Derived = { version: -1, rttMs: USUAL_RTT_MS, jitterMs: 0, failureRatio: 0, departuresPerMs: 0 }
  slots = USUAL_SLOTS
  /** When it was among the best choices of a decision, ms. */
  likelyMs = -Infinity
  /** The last that was seen. */
  #sharedPace: SharedPace | undefined
  #reportedSpeed = 0
  #claims: Claims | undefined
  #observed = false
  #heardRevision: number
  #heardMs: number
  #contribution: (Contribution & { readonly claims: Claims | undefined }) | undefined
  #overheadMs = 0
  #overheadJobs = 0

  constructor(peer: PeerId, pool: Pool, claims: Claims | undefined, atMs: number) {
    this.peer = peer
    this.#claims = claims
    this.pace = newPaceBelief(pool.expected(peer, claims, atMs), atMs)
    this.#heardRevision = pool.hearsayRevision
    this.#heardMs = atMs
  }

  /** Whether its pace was ever observed by this router. */
  get observed(): boolean {
    return this.#observed
  }

  /** What the peer says of itself now. Before its pace was observed that is the best start. */
  claim(claims: Claims, pool: Pool): void {
    this.#claims = claims
    if (!this.#observed) this.pace = newPaceBelief(pool.expected(this.peer, claims, this.pace.atMs), this.pace.atMs)
  }

  /** Whether others tell something that is not taken in yet. */
  hearsNews({ hearsayRevision }: Pool, atMs: number): boolean {
    return hearsayRevision !== this.#heardRevision && !(Math.abs(atMs - this.#heardMs) < HEARSAY_INTERVAL_MS)
  }

  /** Until it was observed, a peer starts from what is told of it now. */
  #hear(pool: Pool, atMs: number): void {
    this.#heardRevision = pool.hearsayRevision
    this.#heardMs = atMs
    if (!this.#observed) this.pace = newPaceBelief(pool.expected(this.peer, this.#claims, atMs), atMs)
  }

  /** Time to first token beyond round trip, waiting and prompt, ms; may be negative. */
  overheadMs(pool: Pool): number {
    const ofPool = pool.overheadMs.value
    return ofPool + (this.#overheadJobs / (this.#overheadJobs + PRIOR_JOBS)) * (this.#overheadMs - ofPool)
  }

  /** @param errorMs by how much the first token came later than was expected */
  observeOverhead(errorMs: number, pool: Pool): void {
    const ms = errorMs + this.overheadMs(pool)
    this.#overheadJobs += 1
    this.#overheadMs += Math.max(OVERHEAD_SHARE, 1 / this.#overheadJobs) * (ms - this.#overheadMs)
    pool.overheadMs.add(ms)
  }

  /** Whether a report tells a speed that is not known yet: an idle peer goes on reporting that of its last job. */
  reportsNews({ tokensPerSecond, running }: LoadReport): boolean {
    const changed = tokensPerSecond !== this.#reportedSpeed
    this.#reportedSpeed = tokensPerSecond
    return tokensPerSecond > 0 && (running > 0 || changed)
  }

  /** How its pace moved with its load since the last time tells what a job costs the others. */
  learnSlowdown({ slowdown }: Pool, seen: SharedPace): void {
    if (this.#sharedPace !== undefined) slowdown.compare(this.#sharedPace, seen)
    this.#sharedPace = seen
  }

  /** What others tell is where a peer starts from, and not what it falls back to once this router knows better. */
  #settle(pool: Pool): void {
    if (this.#observed) return
    if (pool.hearsayRevision > 0) this.pace.home = pool.unheard(this.peer, this.#claims, this.pace.atMs)
    this.#observed = true
  }

  /** Tells the pool what is known of the peer, when that is news. */
  contribute(pool: Pool): void {
    this.#settle(pool)
    const logPace = this.pace.lasting
    const claims = this.#claims
    const before = this.#contribution
    if (before !== undefined && before.claims === claims && Math.abs(before.logPace - logPace) < NEWS) return
    const claimed = claims !== undefined && claims.tokensPerSecond > 0 ? claimedLogPace(claims) : undefined
    const after = {
      claims,
      logPace,
      gpuModel: claims?.gpuModel ?? '',
      claimError: claimed === undefined ? undefined : logPace - claimed
    }
    pool.replace(before, after)
    if (claims !== undefined) pool.learnPrior(this.peer, { claims, logPace }, this.pace.atMs)
    this.#contribution = after
  }

  /** What outlives a restart; undefined before anything was observed. */
  state(): PeerState | undefined {
    if (!this.#observed) return undefined
    const { lasting, varLasting, atMs } = this.pace
    return [this.peer, atMs, lasting, varLasting, ...this.audit.state(), this.#overheadMs, this.#overheadJobs]
  }

  restore([, atMs, lasting, varLasting, bias, variance, overheadMs, overheadJobs]: PeerState): void {
    Object.assign(this.pace, { atMs, lasting, varLasting, passing: 0, covariance: 0 })
    this.audit.restore([bias, variance])
    this.#overheadMs = overheadMs
    this.#overheadJobs = overheadJobs
  }

  /** The peer is gone: it counts no more. */
  withdraw(pool: Pool): void {
    pool.replace(this.#contribution, undefined)
    this.#contribution = undefined
  }

  /** It was away, and is back: what failed because of that is explained. */
  returned(atMs: number): void {
    this.brokenOff.returned(atMs)
    this.failures.returned(atMs)
  }

  refresh(evidence: Evidence, pool: Pool, { version, atMs }: { readonly version: number; readonly atMs: number }): void {
    const { roundTrip, outcomes, sessions } = evidence
    const { derived } = this
    derived.version = version
    derived.rttMs = roundTrip.recentMs ?? roundTrip.meanMs ?? USUAL_RTT_MS
    derived.jitterMs = roundTrip.jitterMs ?? 0
    const failed = (1 - (outcomes.successRatio ?? 1)) * outcomes.weight
    const failures = Math.max(0, failed - this.brokenOff.weight(atMs))
    if (this.hearsNews(pool, atMs)) this.#hear(pool, atMs)
    const before = this.#failuresBefore(pool, outcomes.count, atMs)
    derived.failureRatio = (failures + before.outcomes * before.share) / (outcomes.weight + before.outcomes)
    const uptime = Math.max(LEAST_UPTIME, sessions.uptimeRatio ?? 1)
    const ratePerHour = (sessions.departuresPerHour * sessions.observedMs) / (sessions.observedMs + PRIOR_PRESENCE_MS)
    derived.departuresPerMs = ratePerHour / uptime / MS_PER_HOUR
  }

  /** The share of failures that own outcomes are added to. What others tell of it fades with the number of them, for good. */
  #failuresBefore(pool: Pool, ownOutcomes: number, atMs: number): FailureShare {
    const heard = pool.expectedFailures(this.peer, PRIOR_OUTCOMES, atMs)
    const left = PRIOR_OUTCOMES / (PRIOR_OUTCOMES + ownOutcomes)
    const usual = pool.failureRatio.value
    return {
      share: usual + left * (heard.share - usual),
      outcomes: PRIOR_OUTCOMES + left * (heard.outcomes - PRIOR_OUTCOMES)
    }
  }
}
