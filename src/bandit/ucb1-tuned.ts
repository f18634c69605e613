import { armSums } from './arm-sums.ts'
import { type ArmTally, indexPolicy, type IndexPolicyOptions } from './index-policy.ts'
import type { Policy } from './policy.ts'

/**
 * μ + √(ln N / n · min(¼, σ² + √(2 ln N / n))); ¼ is the largest variance of anything in [0, 1].
 * @see Auer, Cesa-Bianchi and Fischer 2002, "Finite-time Analysis of the Multiarmed Bandit Problem", section 4
 */
export function ucb1TunedIndex({ count, mean, variance }: ArmTally, total: number): number {
  if (!(count > 0)) return Infinity
  const share = Math.log(total) / count
  return mean + Math.sqrt(share * Math.min(0.25, variance + Math.sqrt(2 * share)))
}

/** UCB1-tuned: explores arms of steady rewards less. Rewards must not drift; it never forgets. @throws ERR_INVALID_OPTION */
export function ucb1Tuned(arms: readonly string[], options: IndexPolicyOptions, router: { readonly routerId: string }): Policy {
  return indexPolicy({ id: 'ucb1-tuned', ...armSums(arms.length, Infinity), index: ucb1TunedIndex }, arms, options, router)
}
