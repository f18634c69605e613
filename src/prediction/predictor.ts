import { checkNonNegative } from '../core/check.ts'
import type { Decision, OutcomeRecord, PeerId } from '../job/decision.ts'
import { type Job, workTokens } from '../job/job.ts'
import { DEFAULT_OBJECTIVE, type Objective } from '../job/objective.ts'
import type { LoadReport } from '../job/outcome.ts'
import type { Claims, OutcomeObservation } from '../peer/observation.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { CandidateView } from '../peer/ranker.ts'
import type { Predictor, PredictorComponents, PredictorOptions, Prospect } from './predictor-types.ts'
import { fastNormal } from './fast-normal.ts'
import { leastOf } from './least-of.ts'
import { emptyForecast, expectedWork, type Forecast, forecast, type Moment } from './forecast.ts'
import { costMs, expectedReward } from './job-cost.ts'
import { JobInFlight, type Stretch } from './in-flight.ts'
import { advancePace, logPaceOf, observePace, type PaceBelief } from './pace-belief.ts'
import { PeerModel } from './peer-model.ts'
import { Pool } from './pool.ts'
import { holdAgainst, type Predicted, type SeenSuccess } from './predicted.ts'
import { checkPredictorSnapshot, type PredictorSnapshot } from './predictor-snapshot.ts'
import { RewardOffsets } from './reward-offsets.ts'
import { RuleTrust } from './rule-trust.ts'

/** Variance of a pace observed over a stretch of tokens: the peer is not quite steady; of a whole job: all that changed meanwhile. */
const STRETCH_NOISE = 0.01
const JOB_NOISE = 0.1
/** Standard deviation of the number of tokens in a stretch. */
const TOKEN_ROUNDING = 0.5
/** So many of the best choices of a decision count as likely ones of the next, for so long. */
const LIKELY_PEERS = 3
const LIKELY_MS = 10_000

const DEFAULTS = { exploration: 0.5, reports: true, identity: true, objectives: {} } as const satisfies PredictorOptions

/** @throws ERR_INVALID_OPTION */
export function predictor({ table, prior, hearsay }: PredictorComponents, options: PredictorOptions = {}): Predictor {
  const resolved = { ...DEFAULTS, ...options }
  checkNonNegative('exploration', resolved.exploration)
  // Where all peers are one, nothing is known of a single one by name.
  return new PacePredictor(table, new Pool(prior, resolved.identity ? hearsay : undefined), resolved)
}

interface SeenPace {
  readonly logPace: number
  /** Variance. */
  readonly noise: number
  readonly atMs: number
}

class PacePredictor implements Predictor {
  readonly #table: PeerTable
  readonly #options: Required<PredictorOptions>
  readonly #pool: Pool
  readonly #trust = new RuleTrust()
  readonly #offsets = new RewardOffsets()
  /** By row. */
  readonly #models: (PeerModel | undefined)[] = []
  /** By decision. */
  readonly #inFlight = new Map<string, Predicted>()
  #sharedPace: PaceBelief | undefined
  readonly #forecast = emptyForecast()

  constructor(table: PeerTable, pool: Pool, options: Required<PredictorOptions>) {
    this.#table = table
    this.#pool = pool
    this.#options = options
    table.subscribe((peer, observation, atMs) => {
      if (observation.kind === 'load') this.#hear(peer, observation.load, atMs)
      else if (observation.kind === 'claims') this.#hearClaims(peer, observation.claims, atMs)
      else if (observation.kind === 'outcome') this.#observeOutcome(peer, observation, atMs)
      else if (observation.kind === 'connected') this.#hearReturn(peer, atMs)
    })
  }

  get trusted(): boolean {
    return this.#trust.trusted
  }

  #of(row: number, atMs: number): PeerModel {
    const peer = this.#table.peerAt(row)
    const found = this.#models[row]
    if (found?.peer === peer) return found
    found?.withdraw(this.#pool) // The row had another peer before.
    const made = new PeerModel(peer, this.#pool, this.#table.evidence(row, atMs).claims, atMs)
    if (!this.#options.identity) made.pace = this.#sharedPace ??= made.pace
    this.#models[row] = made
    return made
  }

  #hearClaims(peer: PeerId, claims: Claims, atMs: number): void {
    // Where all are one, nobody starts from what it says of itself.
    if (this.#options.identity) this.#of(this.#table.rowOf(peer), atMs).claim(claims, this.#pool)
  }

  #hearReturn(peer: PeerId, atMs: number): void {
    const model = this.#models[this.#table.rowOf(peer)]
    if (model?.peer === peer) model.returned(atMs)
  }

  /** The model, with what follows from the evidence up to date. */
  #refreshed(model: PeerModel, row: number, atMs: number): PeerModel {
    const version = this.#table.version(row)
    const stale = model.derived.version !== version || model.hearsNews(this.#pool, atMs)
    if (stale) model.refresh(this.#table.evidence(row, atMs), this.#pool, { version, atMs })
    return model
  }

  #observePace(model: PeerModel, { logPace, noise, atMs }: SeenPace): void {
    advancePace(model.pace, atMs)
    observePace(model.pace, logPace, noise)
    model.contribute(this.#pool)
  }

  #hear(peer: PeerId, load: LoadReport, atMs: number): void {
    if (!this.#options.reports) return
    const row = this.#table.rowOf(peer)
    const model = this.#of(row, atMs)
    model.slots = Math.max(1, Math.floor(load.slots))
    model.others.observe(load, this.#table.inFlight(row), atMs)
    if (!model.reportsNews(load)) return
    const reported = logPaceOf(1000 / load.tokensPerSecond / this.#pool.slowdown.factor(Math.min(load.running, model.slots)))
    this.#observePace(model, { ...model.audit.read(reported, atMs), atMs })
  }

  dispatched(decision: Decision): void {
    const row = this.#table.rowOf(decision.peer)
    const { atMs, promptTokens, expectedOutputTokens, workloadClass } = decision
    const model = this.#of(row, atMs)
    const asked = { ...decision, id: decision.jobId }
    this.predict(row, asked, atMs, this.#forecast)
    const job = new JobInFlight(decision, {
      promptWork: workTokens(promptTokens, 0),
      expectedTokens: expectedOutputTokens * this.#pool.lengthRatio(workloadClass),
      firstTokenMs: this.#forecast.firstTokenMs,
      firstTokenErrorMs: this.#pool.firstTokenErrorMs.value
    })
    this.#inFlight.set(decision.id, {
      model,
      job,
      firstTokenMs: this.#forecast.firstTokenMs,
      noWait: this.#forecast.waitingMs === 0,
      perWork: this.#forecast.durationMs / expectedWork(this.#pool, asked),
      perWorkByRule: this.#table.msPerWorkToken(row) * this.#pool.slowdown.factor(model.jobs.length + 1)
    })
    model.jobs.push(job)
  }

  progressed(decision: Decision, tokens: number, atMs: number): void {
    const row = this.#table.rowOf(decision.peer)
    const job = this.#inFlight.get(decision.id)?.job
    if (row < 0 || job === undefined) return
    const model = this.#of(row, atMs)
    const running = runningAt(model, model.jobs.length, atMs)
    const stretch = job.progressed(tokens, running, atMs)
    if (stretch !== undefined) this.#observeStretch(model, row, stretch, atMs)
  }

  #observeStretch(model: PeerModel, row: number, { ms, tokens, running }: Stretch, atMs: number): void {
    model.learnSlowdown(this.#pool, { log: Math.log(ms / tokens), running, atMs })
    const logPace = logPaceOf(ms / tokens / this.#pool.slowdown.factor(running))
    const { jitterMs } = this.#refreshed(model, row, atMs).derived
    model.audit.observed(logPace, atMs)
    const noise = STRETCH_NOISE + (TOKEN_ROUNDING / tokens) ** 2 + (jitterMs / ms) ** 2
    this.#observePace(model, { logPace, noise, atMs })
  }

  ended(decision: Decision, record: OutcomeRecord | undefined): void {
    const predicted = this.#inFlight.get(decision.id)
    this.#inFlight.delete(decision.id)
    // By the model and not by the row: the peer may be gone from the table, or back in it.
    predicted?.model.jobs.splice(predicted.model.jobs.indexOf(predicted.job), 1)
    if (record !== undefined) this.#offsets.observe(decision, record.reward)
  }

  #observeOutcome(peer: PeerId, seen: OutcomeObservation, atMs: number): void {
    const { outcome } = seen
    if (outcome.load !== undefined) this.#hear(peer, outcome.load, atMs)
    if (!outcome.ok && outcome.reason === 'overloaded') return
    const predicted = seen.decisionId === undefined ? undefined : this.#inFlight.get(seen.decisionId)
    if (predicted !== undefined) {
      const { failures, derived } = predicted.model
      failures.observe(predicted.job.decision.workloadClass, !outcome.ok, derived.failureRatio, atMs)
    }
    this.#pool.failureRatio.add(outcome.ok ? 0 : 1)
    const model = this.#of(this.#table.rowOf(peer), atMs)
    if (outcome.ok) {
      this.#observeSuccess(model, { ...seen, outcome, atMs }, predicted)
    } else {
      model.brokenOff.failed(outcome.reason)
      this.#pool.failureMs.add(outcome.durationMs)
    }
  }

  #observeSuccess(model: PeerModel, seen: SeenSuccess, predicted: Predicted | undefined): void {
    const pool = this.#pool
    const { outcome, atMs } = seen
    const work = workTokens(seen.promptTokens, outcome.outputTokens)
    const perWork = outcome.durationMs / work
    pool.meanWork.add(work)
    pool.meanDurationMs.add(outcome.durationMs)
    if (predicted !== undefined) holdAgainst(predicted, seen, { pool, trust: this.#trust })
    // A job whose tokens were watched has told its pace already; one that took no time has none.
    if (predicted?.job.told === true || !(perWork > 0)) return
    const running = runningAt(model, seen.inFlightAtDispatch + 1, atMs)
    if (predicted?.noWait === true) model.learnSlowdown(pool, { log: Math.log(perWork), running, atMs })
    this.#observePace(model, { logPace: logPaceOf(perWork / pool.slowdown.factor(running)), noise: JOB_NOISE, atMs })
  }

  expectedFirstTokenMs = ({ id }: Pick<Decision, 'id'>) => this.#inFlight.get(id)?.firstTokenMs

  predict(row: number, job: Job, atMs: number, into: Forecast): void {
    this.#forecastAt(row, job, { atMs, paceNoise: 0, loadNoise: 0 }, into)
  }

  #forecastAt(row: number, job: Job, moment: Moment, into: Forecast): void {
    const model = this.#refreshed(this.#of(row, moment.atMs), row, moment.atMs)
    forecast({ model, pool: this.#pool }, job, moment, into)
  }

  costs({ rows, count, atMs, retries, seed }: CandidateView, job: Job, into: Float64Array): void {
    const objective = this.#objectiveOf(job)
    const exploration = this.#explorationWith(job)
    const noise = fastNormal(seed)
    for (let i = 0; i < count; i++) {
      this.#forecastAt(rows[i], job, { atMs, paceNoise: exploration * noise(), loadNoise: exploration * noise() }, this.#forecast)
      into[i] = costMs(this.#forecast, { objective, deadlineMs: job.deadlineMs, retries, pool: this.#pool })
    }
    this.#noteLikely(rows, count, into, atMs)
  }

  /** How much of what is unknown goes into the choice of a job: a long one tells no more of a peer than a short one, and costs more. */
  #explorationWith(job: Job): number {
    const { meanWork } = this.#pool
    return this.#options.exploration * Math.min(1, (meanWork.value / expectedWork(this.#pool, job)) ** 2)
  }

  #noteLikely(rows: Int32Array, count: number, costs: Float64Array, atMs: number): void {
    for (const i of leastOf(costs, Math.min(LIKELY_PEERS, count), count)) this.#of(rows[i], atMs).likelyMs = atMs
  }

  isLikely(peer: PeerId, atMs: number): boolean {
    const model = this.#models[this.#table.rowOf(peer)]
    return model?.peer === peer && atMs - model.likelyMs < LIKELY_MS
  }

  #objectiveOf({ workloadClass }: Job): Objective {
    return this.#options.objectives[workloadClass] ?? DEFAULT_OBJECTIVE
  }

  snapshot(): PredictorSnapshot {
    const peers = this.#models.flatMap((model) => {
      const state = model?.state()
      return state === undefined || !this.#table.has(state[0]) ? [] : [state]
    })
    return { version: 2, peers, pool: this.#pool.state(), offsets: this.#offsets.state() }
  }

  restore(snapshot: unknown): void {
    const { peers, pool, offsets } = checkPredictorSnapshot(snapshot)
    this.#pool.restore(pool)
    this.#offsets.restore(offsets)
    for (const state of peers) {
      const [peer, atMs] = state
      const row = this.#table.rowOf(peer)
      if (row < 0) continue
      const model = this.#of(row, atMs)
      model.restore(state)
      model.contribute(this.#pool)
    }
  }

  prospect(row: number, job: Job, { atMs, retries }: Pick<CandidateView, 'atMs' | 'retries'>): Prospect {
    const objective = this.#objectiveOf(job)
    const pool = this.#pool
    const cost = (paceNoise: number) => {
      this.#forecastAt(row, job, { atMs, paceNoise, loadNoise: 0 }, this.#forecast)
      return costMs(this.#forecast, { objective, deadlineMs: job.deadlineMs, retries, pool })
    }
    const leastCostMs = cost(-this.#explorationWith(job))
    const expectedMs = cost(0)
    const reward = expectedReward(this.#forecast, objective, expectedWork(pool, job))
    return { reward: this.#offsets.corrected(job.workloadClass, reward), costMs: expectedMs, leastCostMs }
  }
}

/** Jobs that run at a peer, ≥ 1: own ones and, as far as known, those of others. */
function runningAt({ slots, others }: PeerModel, own: number, atMs: number): number {
  return Math.max(1, Math.min(slots, own + others.expected(atMs)))
}
