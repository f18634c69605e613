import type { Decision, OutcomeRecord } from '../job/decision.ts'
import type { CandidateView, Ranker } from '../peer/ranker.ts'
import { type AgreementMeter, agreementMeter, type AgreementSummary } from '../scoring/agreement.ts'
import { explain } from '../selector/explain.ts'
import type { Selection } from '../selector/selection.ts'
import type { SelectorEvent } from '../selector/selector.ts'
import type { DecisionDetail, DecisionState, OutcomeState } from './dashboard-state.ts'
import { orNull } from './or-null.ts'

const MOST_DECISIONS = 50
/** As often a page is told, ms: of more decisions in that time than it shows, the first ones are kept. Each costs a second ranking. */
const INTERVAL_MS = 1_000

/** Of the explanation: how many agree, and what is expected. Peer and arm have columns of their own; all of it comes with the scores. */
const REASON_LINES = [1, 3] as const

interface Kept {
  readonly decision: Decision
  /** Of the candidates that the record names: candidate i under arm a at `a * candidates + i`. */
  readonly scores: Float64Array
  outcome: OutcomeState
}

type NameOf = (peer: string) => string

/**
 * The last decisions with what came of them and every score that went into them, and how far the algorithms agree. Ranks the candidates of
 * each decision that it keeps a second time, beside it.
 */
export class RecentDecisions {
  readonly #selection: Pick<Selection, 'rankers' | 'scoreboard'>
  readonly #kept = new Map<string, Kept>()
  readonly #meter: AgreementMeter = agreementMeter()
  #scores = new Float64Array(0)
  /** Of the interval that began last, and decisions kept since then. */
  #sinceMs = -Infinity
  #keptSince = 0

  constructor(selection: Pick<Selection, 'rankers' | 'scoreboard'>) {
    this.#selection = selection
  }

  take(event: SelectorEvent): void {
    switch (event.kind) {
      case 'decided':
        this.#decided(event.decision, event.view)
        break
      case 'ended':
        this.#ended(event.decision.id, outcomeOf(event.record))
        break
      case 'cancelled':
        this.#ended(event.decision.id, { kind: 'cancelled' })
    }
  }

  #decided(decision: Decision, view: CandidateView): void {
    if (!this.#isKept(decision.atMs)) return
    const scores = this.#rank(decision, view)
    this.#kept.set(decision.id, { decision, scores, outcome: { kind: 'running' } })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_DECISIONS) this.#kept.delete(oldest)
  }

  #isKept(atMs: number): boolean {
    // A clock that was set back begins an interval too.
    if (Math.abs(atMs - this.#sinceMs) >= INTERVAL_MS) {
      this.#sinceMs = atMs
      this.#keptSince = 0
    }
    this.#keptSince += 1
    return this.#keptSince <= MOST_DECISIONS
  }

  #rank(decision: Decision, view: CandidateView): Float64Array {
    const { rankers, scoreboard } = this.#selection
    const named = decision.candidates.map((peer) => view.rows.subarray(0, view.count).indexOf(view.table.rowOf(peer)))
    const job = { ...decision, id: decision.jobId }
    const scores: number[] = []
    for (const ranker of rankers) {
      const all = this.#rankAll(ranker, view, job)
      if (ranker === scoreboard) this.#meter.add({ scores: all, arms: ranker.arms.length, count: view.count })
      for (let arm = 0; arm < ranker.arms.length; arm++) for (const i of named) scores.push(all[arm * view.count + i])
    }
    if (!rankers.includes(scoreboard)) this.#meter.addChoices(decision.votes.map(({ peer }) => peer))
    return Float64Array.from(scores)
  }

  #rankAll(ranker: Ranker, view: CandidateView, job: Parameters<Ranker['rank']>[1]): Float64Array {
    const length = ranker.arms.length * view.count
    if (this.#scores.length < length) this.#scores = new Float64Array(length * 2)
    ranker.rank(view, job, this.#scores)
    return this.#scores.subarray(0, length)
  }

  #ended(id: string, outcome: OutcomeState): void {
    const kept = this.#kept.get(id)
    if (kept !== undefined) kept.outcome = outcome
  }

  agreement(): AgreementSummary {
    return this.#meter.summary()
  }

  /** The latest first. */
  list(nameOf: NameOf): DecisionState[] {
    return [...this.#kept.values()].reverse().map((kept) => stateOf(kept, nameOf))
  }

  /** Undefined where it is not among the last. */
  detail(id: string, nameOf: NameOf): DecisionDetail | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined) return undefined
    const { decision, scores } = kept
    const { jobId, policy, promptTokens, expectedOutputTokens, deadlineMs, candidateCount, candidates, votes } = decision
    return {
      ...stateOf(kept, nameOf),
      jobId,
      policy,
      promptTokens,
      expectedOutputTokens,
      deadlineMs,
      candidateCount,
      explanation: explain(decision, nameOf),
      votes,
      candidates: candidates.map((peer, i) => ({
        peer,
        name: nameOf(peer),
        scores: votes.map((_, arm) => orNull(scores[arm * candidates.length + i]))
      }))
    }
  }
}

function stateOf({ decision, outcome }: Kept, nameOf: NameOf): DecisionState {
  const { id, atMs, attempt, model, workloadClass, peer, arm } = decision
  const reason = explain(decision, nameOf)
    .slice(...REASON_LINES)
    .join(' ')
  return { id, atMs, attempt, model, workloadClass, peer, name: nameOf(peer), arm, reason, outcome }
}

function outcomeOf({ outcome, reward }: OutcomeRecord): OutcomeState {
  const { durationMs } = outcome
  if (!outcome.ok) return { kind: 'failure', durationMs, reason: outcome.reason }
  return { kind: 'success', durationMs, firstTokenMs: outcome.firstTokenMs, outputTokens: outcome.outputTokens, reward }
}
