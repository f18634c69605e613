import { checkOneOf } from '../core/check.ts'
import { checkArms, checkCredit } from './checks.ts'
import { checkSnapshot } from './policy-snapshot.ts'
import type { Policy } from './policy.ts'

/**
 * Always the same arm: the baseline that a learning policy has to beat. Its id names the arm, "fixed:latency". It learns nothing.
 * @throws ERR_INVALID_OPTION when the arm is none of the arms
 */
export function fixedArm(arms: readonly string[], arm: string): Policy {
  const names = checkArms(arms)
  const chosen = names.indexOf(checkOneOf('arm', arm, names))
  const identity = { policy: `fixed:${arm}`, version: 1, arms: names }
  return {
    id: identity.policy,
    arms: names,
    propensities(_context, into) {
      into.fill(0, 0, names.length)
      into[chosen] = 1
    },
    learn(credit) {
      checkCredit(credit, names.length)
    },
    beliefs: ({ workloadClass }) => names.map((name) => ({ arm: name, workloadClass, mean: undefined, weight: 0, spread: 0.5 })),
    snapshot: () => ({ policy: identity.policy, version: identity.version, state: { arms: [...names] } }),
    merge(snapshot) {
      checkSnapshot(snapshot, identity)
    }
  }
}
