import type { Spread } from '../prediction/peer-averages.ts'
import { logPaceOfTally, outcomesOf, type Tally } from './tally.ts'

/** How far two honest routers see the same peer differently: variance of the log pace between them. */
const BETWEEN_ROUTERS = 0.15
/** Variance of the log pace of one job. */
const ONE_JOB = 0.25
/** However many jobs are told of, no more of them are believed to say something new. */
const MOST_JOBS = 20
/** Peers are taken to differ by this much at least; of less, nothing could be told. */
const LEAST_VARIANCE = 0.1
/** Sums that weigh less than this are of outcomes long ago, or of nobody's: they say nothing. */
export const LEAST_WEIGHT = 0.05
/** Share of what is told of failures that may be chance, whatever the numbers. */
const DOUBT = 0.1
/** One peer, or one outcome, speaks for a router by no more than the first, and against it by no more than the second; log odds. */
const MOST_FOR = 0.7
const MOST_AGAINST = -2
/** All outcomes held against what was told before them. */
const VERIFIED = { least: -8, most: 4 }
/** All peers that both know. That may be copied: it speaks more against a router than for it. */
const AGREEMENT = { least: -8, most: 2 }
/** Of what was found out of a router half is forgotten after this long, ms. */
const VERIFIED_HALF_LIFE_MS = 24 * 3_600_000
/** Of the worst that was found on peers that both know. */
const WORST_HALF_LIFE_MS = 3_600_000

function within(value: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return Math.min(most, Math.max(least, value))
}

/** What is usual among the peers that a router knows itself. */
export interface Usual {
  /** Of the log pace. */
  readonly pace: Spread
  /** Share of outcomes that are failures, 0–1. */
  readonly failureRatio: number
}

/** Own outcomes of a peer: one, or many. */
export interface Seen {
  readonly failures: number
  readonly successes: number
  /** Mean log pace, and over how many successes; none where that is 0. */
  readonly logPace: number
  readonly paceWeight: number
}

/** ln of a normal density, but for a constant. */
function logNormal(x: number, mean: number, variance: number): number {
  return -0.5 * (Math.log(variance) + (x - mean) ** 2 / variance)
}

/**
 * How much likelier what this router saw of a peer is if a report of it is honest than if it says nothing about it: log odds, from
 * {@link MOST_AGAINST} to {@link MOST_FOR}.
 */
export function oddsOfReport(told: Tally, seen: Seen, { pace, failureRatio }: Usual): number {
  let odds = 0
  if (told.paceWeight >= LEAST_WEIGHT && seen.paceWeight >= LEAST_WEIGHT) {
    const noise = ONE_JOB / Math.min(MOST_JOBS, seen.paceWeight)
    const honest = BETWEEN_ROUTERS + ONE_JOB / Math.min(MOST_JOBS, told.paceWeight) + noise
    const unrelated = Math.max(LEAST_VARIANCE, pace.variance) + noise
    const { logPace } = seen
    odds += logNormal(logPace, logPaceOfTally(told), honest) - logNormal(logPace, pace.mean, honest + unrelated)
  }
  const outcomes = outcomesOf(told)
  if (outcomes >= LEAST_WEIGHT) {
    const usual = Math.min(0.95, Math.max(0.02, failureRatio))
    const share = (1 - DOUBT) * ((told.failures + usual) / (outcomes + 1)) + DOUBT * usual
    odds += seen.failures * Math.log(share / usual) + seen.successes * Math.log((1 - share) / (1 - usual))
  }
  return within(odds, { least: MOST_AGAINST, most: MOST_FOR })
}

/** How far a router is believed: the probability that it tells what it sees. */
export class RouterTrust {
  readonly #prior: number
  #verified = 0
  #verifiedMs = 0
  #agreement = 0
  #worst = 0
  #worstMs = 0

  /** @param prior before anything is known of it, 0 < prior < 1 */
  constructor(prior: number) {
    this.#prior = Math.log(prior / (1 - prior))
  }

  /** 0–1 */
  value(atMs: number): number {
    const worst = this.#worstAt(atMs)
    const agreement = this.#agreement > 0 ? this.#agreement + worst : Math.min(this.#agreement, worst)
    return 1 / (1 + Math.exp(-(this.#prior + this.#verifiedAt(atMs) + agreement)))
  }

  /** An own outcome came of a peer that it had told of before: that cannot be copied, and not be taken back. */
  verify(odds: number, atMs: number): void {
    this.#verified = within(this.#verifiedAt(atMs) + odds, VERIFIED)
    this.#verifiedMs = Math.max(atMs, this.#verifiedMs)
  }

  /** How its newest summary agrees with what is known already of the peers in it. @param odds the sum over these peers */
  agrees(odds: number, atMs: number): void {
    this.#agreement = within(odds, AGREEMENT)
    this.#worst = Math.min(this.#agreement, this.#worstAt(atMs))
    this.#worstMs = Math.max(atMs, this.#worstMs)
  }

  state(): readonly [verified: number, verifiedMs: number, worst: number, worstMs: number] {
    return [this.#verified, this.#verifiedMs, this.#worst, this.#worstMs]
  }

  restore([verified, verifiedMs, worst, worstMs]: readonly [number, number, number, number]): void {
    this.#verified = within(verified, VERIFIED)
    this.#verifiedMs = verifiedMs
    this.#worst = within(worst, { least: AGREEMENT.least, most: 0 })
    this.#worstMs = worstMs
  }

  #verifiedAt(atMs: number): number {
    return this.#verified * 2 ** (-Math.max(0, atMs - this.#verifiedMs) / VERIFIED_HALF_LIFE_MS)
  }

  /** ≤ 0, so that who lied and thinks better of it is not believed at once. */
  #worstAt(atMs: number): number {
    const worst = this.#worst * 2 ** (-Math.max(0, atMs - this.#worstMs) / WORST_HALF_LIFE_MS)
    return Math.min(0, worst)
  }
}
