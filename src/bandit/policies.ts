import { PeerbanditError } from '../core/errors.ts'
import { fixedArm } from './fixed.ts'
import type { Policy } from './policy.ts'

export const POLICY_NAMES = ['thompson', 'ucb1-tuned', 'kl-ucb', 'discounted-ucb', 'sliding-window-ucb'] as const

/** A learning policy, or `fixed:<arm>` for one arm always. */
export type PolicyName = (typeof POLICY_NAMES)[number] | `fixed:${string}`

const FIXED = 'fixed:'

export function createPolicy(name: PolicyName, arms: readonly string[], _about: { readonly routerId: string }): Policy {
  if (name.startsWith(FIXED)) return fixedArm(arms, name.slice(FIXED.length))
  throw new PeerbanditError('ERR_INVALID_OPTION', `policy must be one of ${POLICY_NAMES.join(', ')} or fixed:<arm>, got "${name}"`)
}
