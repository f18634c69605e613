import { PeerbanditError } from '../core/errors.ts'
import { discountedUcb } from './discounted-ucb.ts'
import { fixedArm } from './fixed.ts'
import { klUcb } from './kl-ucb.ts'
import type { Policy } from './policy.ts'
import { slidingWindowUcb } from './sliding-window-ucb.ts'
import { thompson } from './thompson.ts'
import { ucb1Tuned } from './ucb1-tuned.ts'
import { ucb1 } from './ucb1.ts'

export const POLICY_NAMES = ['thompson', 'ucb1', 'ucb1-tuned', 'kl-ucb', 'discounted-ucb', 'sliding-window-ucb'] as const

/** A learning policy, or `fixed:<arm>` for one arm always. */
export type PolicyName = (typeof POLICY_NAMES)[number] | `fixed:${string}`

type MakePolicy = (arms: readonly string[], options: object, router: { readonly routerId: string }) => Policy

const LEARNING: Readonly<Record<string, MakePolicy>> = {
  thompson,
  ucb1,
  'ucb1-tuned': ucb1Tuned,
  'kl-ucb': klUcb,
  'discounted-ucb': discountedUcb,
  'sliding-window-ucb': slidingWindowUcb
} satisfies Record<(typeof POLICY_NAMES)[number], MakePolicy>

const FIXED = 'fixed:'

export interface PolicyOrigin {
  readonly routerId: string
  /** The arm to rely on while data are thin, for policies that have a prior. */
  readonly fallbackArm?: string
}

/**
 * How firmly the fallback arm is believed in: a day's evidence must outweigh it, an hour's noise must not. Measured on the demo's
 * swarm in virtual time, with less the bandit gave up a tenth of what the best arm gains while it found out.
 */
const FALLBACK_PRIOR_WEIGHT = 100

/** The policy of a name with its usual options. @throws ERR_INVALID_OPTION for a name or an arm that does not exist */
export function createPolicy(name: PolicyName, arms: readonly string[], origin: PolicyOrigin): Policy {
  if (name.startsWith(FIXED)) return fixedArm(arms, name.slice(FIXED.length))
  if (name === 'thompson' && origin.fallbackArm !== undefined) {
    return thompson(arms, { fallbackArm: origin.fallbackArm, priorWeight: FALLBACK_PRIOR_WEIGHT }, origin)
  }
  const make = Object.hasOwn(LEARNING, name) ? LEARNING[name] : undefined
  if (make !== undefined) return make(arms, {}, origin)
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    `policy must be one of ${POLICY_NAMES.join(', ')} or fixed:<arm>, got "${name}"`
  )
}
