import type { ArmBelief } from '../bandit/policy.ts'
import type { Selection } from '../selector/selection.ts'
import type { SelectionTotals } from '../selector/statistics.ts'
import type { ArmState, ClassState, FollowedState } from './dashboard-state.ts'
import { ratioOf } from './or-null.ts'
import { failuresOf } from './read-peers.ts'

/** Standard normal deviates that bound 95 and 80 %. */
const Z95 = 1.959964
const Z80 = 1.281552

function interval(mean: number, half: number): readonly [number, number] {
  return [Math.max(0, mean - half), Math.min(1, mean + half)]
}

/** A policy's spread is the half-width of about 95 %. */
function armState({ arm, mean, spread }: ArmBelief, propensity: number): ArmState {
  const deviation = Number.isFinite(spread) ? spread / Z95 : 1
  return {
    arm,
    mean: mean ?? null,
    deviation,
    interval80: mean === undefined ? null : interval(mean, Z80 * deviation),
    interval95: mean === undefined ? null : interval(mean, Z95 * deviation),
    propensity
  }
}

/** What the policy believes of every arm, for classes that jobs came of, and others that it learned of before. */
export function readClasses({ policy }: Pick<Selection, 'policy'>, classes: Iterable<string>, atMs: number): ClassState[] {
  const propensities = new Float64Array(policy.arms.length)
  return [...classes].map((workloadClass) => {
    const beliefs = policy.beliefs({ workloadClass, atMs })
    policy.propensities({ workloadClass, atMs }, propensities)
    const weight = Math.max(0, ...beliefs.map((belief) => belief.weight))
    return { workloadClass, weight, arms: beliefs.map((belief, i) => armState(belief, propensities[i])) }
  })
}

export function readFollowed({ policy }: Pick<Selection, 'policy'>, { byArm }: SelectionTotals): FollowedState[] {
  return policy.arms.map((arm) => {
    const tally = byArm.get(arm)
    const failures = tally === undefined ? 0 : failuresOf(tally)
    const { successes = 0, durationMs = 0, reward = 0 } = tally ?? {}
    return {
      arm,
      successes,
      failures,
      meanMs: ratioOf(durationMs, successes),
      meanReward: ratioOf(reward, successes + failures)
    }
  })
}
