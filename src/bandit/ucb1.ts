import { checkNonNegative } from '../core/check.ts'
import { armSums } from './arm-sums.ts'
import { type ArmTally, indexPolicy, type IndexPolicyOptions } from './index-policy.ts'
import type { Policy } from './policy.ts'

export interface Ucb1Options extends IndexPolicyOptions {
  /** Stretches the bonus for arms that were seen less, ≥ 0. @default 1 */
  readonly exploration?: number
}

/**
 * μ + α·√(2 ln N / n).
 * @see Auer, Cesa-Bianchi and Fischer 2002, "Finite-time Analysis of the Multiarmed Bandit Problem", UCB1 (α = 1)
 */
export function ucb1Index({ count, mean }: Pick<ArmTally, 'count' | 'mean'>, total: number, exploration: number): number {
  return count > 0 ? mean + exploration * Math.sqrt((2 * Math.log(total)) / count) : Infinity
}

/** UCB1: assumes nothing but bounded rewards that do not drift. Never forgets. @throws ERR_INVALID_OPTION */
export function ucb1(arms: readonly string[], options: Ucb1Options, router: { readonly routerId: string }): Policy {
  const exploration = checkNonNegative('exploration', options.exploration ?? 1)
  const index = (arm: ArmTally, total: number) => ucb1Index(arm, total, exploration)
  return indexPolicy({ id: 'ucb1', ...armSums(arms.length, Infinity), index }, arms, options, router)
}
