import type { Evidence } from '../peer/evidence.ts'
import { clampRatio, clampScore, maturityOf } from './factor.ts'

/** A speed above this earns no more: 1000 tokens/s is the top of the scale. */
const TOP_TOKENS_PER_SECOND = 1000
/** Middle of the scale (50 points): where a claim starts to look good, and to be doubted. √1000 */
const NEUTRAL_TOKENS_PER_SECOND = Math.sqrt(TOP_TOKENS_PER_SECOND)
/** Successes that make an observed speed half mature. */
const HALF_MATURE_OUTCOMES = 3
/** What a claim weighs before any outcome; an observed speed never weighs less, however old. */
const CLAIM_MATURITY = 0.25

export interface Speed {
  readonly tokensPerSecond: number
  readonly maturity: number
  /** Seen by this router, rather than claimed by the peer. */
  readonly observed: boolean
}

/**
 * A claim as far as it is believed. Up to the middle of the scale a peer may be taken at its word: nobody lies to look slow.
 * Above it the claim counts as the geometric mean of the middle and itself, half its lead in points; and only the share of
 * it that successes bear out.
 */
function trusted(claimed: number, successRatio: number): number {
  const capped = Math.min(claimed, TOP_TOKENS_PER_SECOND)
  const believed = capped > NEUTRAL_TOKENS_PER_SECOND ? Math.sqrt(capped * NEUTRAL_TOKENS_PER_SECOND) : capped
  return believed * clampRatio(successRatio)
}

/**
 * The decode speed to judge a peer by: what was observed, and nothing else once anything was; before that the claim, at low
 * maturity. Undefined when the peer neither ran a job nor claimed a speed.
 * @param claimFactor corrects the claim before it is doubted, e.g. for the GPU. @default 1
 */
export function speedOf({ outcomes, claims }: Evidence, claimFactor = 1): Speed | undefined {
  if (outcomes.tokensPerSecond !== undefined) {
    const maturity = Math.max(CLAIM_MATURITY, maturityOf(outcomes.weight, HALF_MATURE_OUTCOMES))
    return { tokensPerSecond: outcomes.tokensPerSecond, maturity, observed: true }
  }
  if (claims === undefined || !(claims.tokensPerSecond > 0)) return undefined
  const tokensPerSecond = trusted(claims.tokensPerSecond * claimFactor, outcomes.successRatio ?? 1)
  return { tokensPerSecond, maturity: CLAIM_MATURITY, observed: false }
}

/** 0 at 1 token/s, 33 at 10, 67 at 100, 100 at 1000: twice as fast is worth ten points anywhere. */
export function speedScore(tokensPerSecond: number): number {
  return clampScore((100 * Math.log10(tokensPerSecond)) / Math.log10(TOP_TOKENS_PER_SECOND))
}
