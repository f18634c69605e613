import { checkHalfLife } from '../math/forward-decay.ts'
import { armSums } from './arm-sums.ts'
import { type ArmTally, indexPolicy, type IndexPolicyOptions } from './index-policy.ts'
import type { Policy } from './policy.ts'

export interface DiscountedUcbOptions extends IndexPolicyOptions {
  /** An outcome that is this much older than the newest one counts half, ms > 0. @default 1 hour */
  readonly halfLifeMs?: number
}

/** Its bonus never ends, so that it has to forget within a few hundred jobs to be worth it. */
const DEFAULT_HALF_LIFE_MS = 3600_000

/**
 * X/N + 2B·√(ξ ln n / N) with B = 1 and ξ = ½, where N and n = ΣN are discounted counts.
 * @see Garivier and Moulines 2011, "On Upper-Confidence Bound Policies for Switching Bandit Problems", D-UCB
 */
export function discountedUcbIndex({ count, mean }: Pick<ArmTally, 'count' | 'mean'>, total: number): number {
  return count > 0 ? mean + 2 * Math.sqrt((0.5 * Math.log(total)) / count) : Infinity
}

/**
 * Discounted UCB for rewards that drift. The paper discounts at every play; here the discount goes by the time between plays, which
 * is the same for plays at equal intervals, and leaves late outcomes where they belong.
 * @throws ERR_INVALID_OPTION
 */
export function discountedUcb(
  arms: readonly string[],
  options: DiscountedUcbOptions,
  router: { readonly routerId: string }
): Policy {
  const halfLifeMs = checkHalfLife('halfLifeMs', options.halfLifeMs ?? DEFAULT_HALF_LIFE_MS)
  return indexPolicy(
    { id: 'discounted-ucb', ...armSums(arms.length, halfLifeMs), index: discountedUcbIndex },
    arms,
    options,
    router
  )
}
