import { checkText } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Policy } from '../bandit/policy.ts'
import type { HealthGate } from '../health/health-gate.ts'
import type { Decision, OutcomeRecord, PeerId } from '../job/decision.ts'
import { checkJob, type Job } from '../job/job.ts'
import { checkObjective, DEFAULT_OBJECTIVE, type Objective, reward } from '../job/objective.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Journal } from '../journal/journal.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { Predictor } from '../prediction/predictor-types.ts'
import type { CandidateView, JobObserver, Ranker } from '../peer/ranker.ts'
import { Ballot } from './ballot.ts'
import { CandidateFilter, type Eligible } from './candidates.ts'
import { DecisionRecorder } from './decision-recorder.ts'
import { JobLease, type Lease, type LeaseProgress } from './lease.ts'
import { type Learner, learner } from './learner.ts'

export interface SelectorComponents {
  readonly table: PeerTable
  /** The arms. Together they have the arms of the policy, in the same order. */
  readonly rankers: readonly Ranker[]
  readonly policy: Policy
  readonly predictor: Predictor
  readonly health: HealthGate
  readonly clock: Clock
  readonly journal?: Journal
}

export interface SelectorOptions {
  /** Names this router in records and in learned state. @default "router" */
  readonly routerId?: string
  /** Seeds the draws; every decision has a stream of its own. @default 1n */
  readonly seed?: bigint
  /** What each workload class wants. @default DEFAULT_OBJECTIVE for all */
  readonly objectives?: Readonly<Record<string, Objective>>
  /**
   * An arm whose first choice is expected to cost more than the best first choice by more than this share of it is not followed. ≥ 0;
   * Infinity for no such guardrail. @default 0.08
   */
  readonly maxExpectedLoss?: number
}

const MAX_EXPECTED_LOSS = 0.08

export interface AcquireOptions {
  /** Peers that are not to be tried again for this job. */
  readonly tried?: ReadonlySet<PeerId>
  /** Which attempt at the job this is, ≥ 1. @default 1 */
  readonly attempt?: number
  /** Attempts that the job has left if this one fails, ≥ 0: the last one goes to a peer that is sure to do it. @default 2 */
  readonly retries?: number
}

/** As the job router has it: three attempts. */
const RETRIES = 2

export type SelectorEvent =
  | {
      /** Sent before the job shows in the evidence: who ranks the view again finds the scores that decided. */
      readonly kind: 'decided'
      readonly decision: Decision
      /** What was ranked; for use during the call only, its rows are written over by the next decision. */
      readonly view: CandidateView
      /** Time the decision took, µs. */
      readonly micros: number
    }
  | { readonly kind: 'ended'; readonly decision: Decision; readonly record: OutcomeRecord }
  | { readonly kind: 'cancelled'; readonly decision: Decision }

export interface Selector {
  /**
   * Chooses a peer for a job among the candidates: filter, rank by every arm, choose an arm, lease its peer.
   * Synchronous; nothing is waited for.
   * @throws ERR_NO_ELIGIBLE_PEER with what each candidate was excluded for; ERR_INVALID_OPTION for a bad job
   */
  acquire(candidates: readonly PeerId[], job: Job, options?: AcquireOptions): Lease
  /** Learns from an outcome of the journal as if its lease had just ended. */
  replay(decision: Decision, record: OutcomeRecord): void
  /** Calls back on every decision and every end of a lease; the returned function ends it. */
  subscribe(listener: (event: SelectorEvent) => void): () => void
}

/** @throws ERR_INVALID_OPTION when the rankers' arms are not those of the policy, or an objective is wrong */
export function selector(components: SelectorComponents, options: SelectorOptions = {}): Selector {
  const { routerId = 'router', seed = 1n, objectives = {}, maxExpectedLoss = MAX_EXPECTED_LOSS } = options
  checkText('routerId', routerId)
  for (const [name, objective] of Object.entries(objectives)) checkObjective(`objectives.${name}`, objective)
  if (!(maxExpectedLoss >= 0)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `maxExpectedLoss must be a number of at least 0, got ${maxExpectedLoss}`)
  }
  return new PeerSelector(components, { routerId, seed, objectives, maxExpectedLoss })
}

class PeerSelector implements Selector {
  readonly #components: SelectorComponents
  readonly #objectives: Readonly<Record<string, Objective>>
  readonly #ballot: Ballot
  readonly #filter: CandidateFilter
  readonly #recorder: DecisionRecorder
  readonly #learner: Learner
  readonly #observers: readonly JobObserver[]
  readonly #propensities: Float64Array
  readonly #listeners = new Set<(event: SelectorEvent) => void>()

  constructor(components: SelectorComponents, options: Required<SelectorOptions>) {
    this.#components = components
    this.#objectives = options.objectives
    this.#ballot = new Ballot(components.rankers)
    this.#observers = [components.predictor, ...components.rankers.flatMap(({ jobs }) => jobs ?? [])]
    checkArms(this.#ballot.arms, components.policy)
    this.#filter = new CandidateFilter(components)
    this.#recorder = new DecisionRecorder(components, {
      ...options,
      arms: this.#ballot.arms,
      journalled: components.journal !== undefined
    })
    this.#learner = learner({ ...components, observers: this.#observers })
    this.#propensities = new Float64Array(this.#ballot.arms.length)
  }

  acquire(candidates: readonly PeerId[], job: Job, { tried, attempt = 1, retries = RETRIES }: AcquireOptions = {}): Lease {
    checkJob(job)
    const { clock, table, policy, health, journal } = this.#components
    const startMs = clock.now()
    const atMs = clock.wall()
    const eligible = this.#filter.eligible(candidates, atMs, tried)
    if (eligible.count === 0) throw noEligiblePeer(candidates.length, eligible, job)
    const draw = this.#recorder.draw(atMs)
    const view = { table, rows: eligible.rows, count: eligible.count, atMs, retries, seed: draw.noise }
    const choices = this.#ballot.vote(view, job, Math.floor(draw.tieBreak * eligible.count))
    policy.propensities({ workloadClass: job.workloadClass, atMs }, this.#propensities)
    const decision = this.#recorder.record({
      job,
      attempt,
      view,
      excluded: eligible.excluded,
      choices,
      propensities: this.#propensities,
      draw
    })
    const row = table.rowOf(decision.peer)
    const inFlightAtDispatch = table.inFlight(row)
    const micros = (clock.now() - startMs) * 1000
    this.#emit({ kind: 'decided', decision, view, micros })
    health.dispatched(row)
    // A journal that cannot be written says so on the outcome, on flush and on close.
    journal?.appendDecision(decision).catch(() => undefined)
    for (const observer of this.#observers) observer.dispatched(decision)
    return new JobLease(decision, clock, {
      progressed: (progress) => {
        this.#progress(decision, progress)
      },
      ended: (outcome) => this.#end(decision, inFlightAtDispatch, outcome)
    })
  }

  #progress(decision: Decision, { tokens, load }: LeaseProgress): void {
    const { table, clock } = this.#components
    const atMs = clock.wall()
    for (const observer of this.#observers) observer.progressed(decision, tokens, atMs)
    if (load !== undefined && table.has(decision.peer)) table.observe(decision.peer, { kind: 'load', load }, atMs)
  }

  #end(decision: Decision, inFlightAtDispatch: number, outcome: Outcome | undefined): Promise<void> {
    const { table, health, clock, journal } = this.#components
    const row = table.rowOf(decision.peer)
    // The peer may have been removed meanwhile; then there is no place to give back.
    if (row >= 0) health.released(row)
    if (outcome === undefined) {
      for (const observer of this.#observers) observer.ended(decision, undefined)
      this.#emit({ kind: 'cancelled', decision })
      return Promise.resolve()
    }
    const record: OutcomeRecord = {
      decisionId: decision.id,
      atMs: clock.wall(),
      peer: decision.peer,
      inFlightAtDispatch,
      outcome,
      reward: reward(
        this.#objectives[decision.workloadClass] ?? DEFAULT_OBJECTIVE,
        { promptTokens: decision.promptTokens, inFlightAtDispatch },
        outcome
      )
    }
    const written = journal === undefined ? Promise.resolve() : journal.appendOutcome(record).then(() => undefined)
    if (outcome.ok) health.succeeded(decision.peer)
    else health.failed(decision.peer, outcome.reason, record.atMs)
    this.#learner.learn(decision, record)
    this.#emit({ kind: 'ended', decision, record })
    return written
  }

  replay(decision: Decision, record: OutcomeRecord): void {
    this.#learner.learn(decision, record)
  }

  subscribe(listener: (event: SelectorEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #emit(event: SelectorEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

function checkArms(arms: readonly string[], policy: Policy): void {
  if (arms.length === policy.arms.length && arms.every((arm, i) => arm === policy.arms[i])) return
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    `the rankers' arms must be those of the policy "${policy.id}" (${policy.arms.join(', ')}), got ${arms.join(', ')}`
  )
}

function noEligiblePeer(candidates: number, { excluded }: Eligible, job: Job): PeerbanditError {
  const reasons = Object.entries(excluded).map(([reason, count]) => `${count} ${reason}`)
  const detail = candidates === 0 ? 'there are no candidates' : `of ${candidates} candidates ${reasons.join(', ')}`
  return new PeerbanditError('ERR_NO_ELIGIBLE_PEER', `no eligible peer for job ${job.id} (model ${job.model}): ${detail}`)
}
