import { armSums } from './arm-sums.ts'
import { type ArmTally, indexPolicy, type IndexPolicyOptions } from './index-policy.ts'
import type { Policy } from './policy.ts'

/** Halvings of an interval inside [0, 1]: down to rounding. */
const BISECTIONS = 52

/** p·ln(p/q), which is 0 for p = 0. */
function term(p: number, q: number): number {
  return p === 0 ? 0 : p * Math.log(p / q)
}

/** Relative entropy of Bernoulli(p) to Bernoulli(q), for p and q in [0, 1]; Infinity where q rules out what p allows. */
export function klBernoulli(p: number, q: number): number {
  return term(p, q) + term(1 - p, 1 - q)
}

/** The largest q ≥ p with kl(p, q) ≤ d, by bisection below Pinsker's bound p + √(d/2). */
export function klUpperBound(p: number, d: number): number {
  let low = p
  let high = Math.min(1, p + Math.sqrt(d / 2))
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2
    if (klBernoulli(p, middle) <= d) low = middle
    else high = middle
  }
  return low
}

/**
 * The largest mean that is still plausible: max{q ≥ μ : n·kl(μ, q) ≤ ln N}.
 * @see Garivier and Cappé 2011, "The KL-UCB Algorithm for Bounded Stochastic Bandits and Beyond", with c = 0
 */
export function klUcbIndex({ count, mean }: Pick<ArmTally, 'count' | 'mean'>, total: number): number {
  return count > 0 ? klUpperBound(mean, Math.log(total) / count) : Infinity
}

/** KL-UCB: the tightest of the index policies for rewards in [0, 1] that do not drift. Never forgets. @throws ERR_INVALID_OPTION */
export function klUcb(arms: readonly string[], options: IndexPolicyOptions, router: { readonly routerId: string }): Policy {
  return indexPolicy({ id: 'kl-ucb', ...armSums(arms.length, Infinity), index: klUcbIndex }, arms, options, router)
}
