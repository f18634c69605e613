import { checkInteger } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/** Scores of all candidates under all arms, as a `Ranker` writes them: candidate i under arm a at `a * count + i`. */
export interface ScoreRows {
  readonly scores: Float64Array
  readonly arms: number
  readonly count: number
}

/** The candidate that each arm ranks first; the earlier one of equals. */
export function firstChoices({ scores, arms, count }: ScoreRows): Int32Array {
  if (!(count > 0)) throw new PeerbanditError('ERR_NO_ELIGIBLE_PEER', `first choices need at least one candidate, got ${count}`)
  const choices = new Int32Array(arms)
  for (let arm = 0; arm < arms; arm += 1) {
    const start = arm * count
    let best = start
    for (let i = start + 1; i < start + count; i += 1) if (scores[i] > scores[best]) best = i
    choices[arm] = best - start
  }
  return choices
}

/**
 * Kendall's τ-b of two score lists, −1 to 1: how far they put the same candidates in the same order, allowing for ties.
 * Undefined when one of them ties throughout, or there are fewer than two candidates. O(n²).
 * @see Kendall 1945, "The treatment of ties in ranking problems"
 */
export function kendallTau(a: Float64Array, b: Float64Array): number | undefined {
  let agreeing = 0
  let untiedA = 0
  let untiedB = 0
  for (let i = 1; i < a.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const signA = Math.sign(a[i] - a[j])
      const signB = Math.sign(b[i] - b[j])
      agreeing += signA * signB
      untiedA += signA * signA
      untiedB += signB * signB
    }
  }
  return untiedA > 0 && untiedB > 0 ? agreeing / Math.sqrt(untiedA * untiedB) : undefined
}

/** How far the arms agree about one set of candidates. */
export interface Agreement {
  /** Index of each arm's first choice. */
  readonly choices: Int32Array
  /** Number of different first choices; 1 when the arms are unanimous. */
  readonly distinct: number
  /** τ-b of each pair of arms. */
  readonly tau: readonly (readonly (number | undefined)[])[]
  /** Mean over the pairs of different arms for which τ-b is defined. */
  readonly meanTau: number | undefined
}

export function agreement(rows: ScoreRows): Agreement {
  const { scores, arms, count } = rows
  const choices = firstChoices(rows)
  const lists = Array.from({ length: arms }, (_, arm) => scores.subarray(arm * count, (arm + 1) * count))
  const tau = lists.map((a) => lists.map((b) => kendallTau(a, b)))
  const pairs = tau.flatMap((list, a) => list.slice(a + 1)).filter((value) => value !== undefined)
  const meanTau = pairs.length > 0 ? pairs.reduce((sum, value) => sum + value, 0) / pairs.length : undefined
  return { choices, distinct: new Set(choices).size, tau, meanTau }
}

/** What an {@link AgreementMeter} has seen. Undefined before the first decision. */
export interface AgreementSummary {
  readonly decisions: number
  /** Share of decisions in which every arm chose the same peer, 0–1. */
  readonly unanimousRatio: number | undefined
  /** Mean number of different first choices, ≥ 1. */
  readonly meanDistinct: number | undefined
  /** Mean τ-b over the decisions for which it was computed. */
  readonly meanTau: number | undefined
}

export interface AgreementMeterOptions {
  /**
   * τ-b is computed for decisions among at most this many candidates: its cost grows with their square. 0 for never.
   * @default 32
   */
  readonly maxTauCandidates?: number
}

/** Adds up the agreement of the arms over many decisions, keeping sums only. */
export interface AgreementMeter {
  /** One decision, by its scores. */
  add(rows: ScoreRows): void
  /** One decision, by each arm's first choice, where the scores are not at hand. Says nothing about τ. */
  addChoices(choices: readonly (string | number)[]): void
  summary(): AgreementSummary
}

/** @throws ERR_INVALID_OPTION */
export function agreementMeter({ maxTauCandidates = 32 }: AgreementMeterOptions = {}): AgreementMeter {
  checkInteger('maxTauCandidates', maxTauCandidates)
  let decisions = 0
  let unanimous = 0
  let distinctSum = 0
  let tauSum = 0
  let tauDecisions = 0

  function count(distinct: number): void {
    decisions += 1
    distinctSum += distinct
    if (distinct === 1) unanimous += 1
  }

  return {
    add(rows) {
      if (rows.count > maxTauCandidates) {
        count(new Set(firstChoices(rows)).size)
        return
      }
      const { distinct, meanTau } = agreement(rows)
      count(distinct)
      if (meanTau === undefined) return
      tauSum += meanTau
      tauDecisions += 1
    },
    addChoices(choices) {
      count(new Set(choices).size)
    },
    summary: () => ({
      decisions,
      unanimousRatio: decisions > 0 ? unanimous / decisions : undefined,
      meanDistinct: decisions > 0 ? distinctSum / decisions : undefined,
      meanTau: tauDecisions > 0 ? tauSum / tauDecisions : undefined
    })
  }
}
