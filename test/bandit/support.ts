import { creditFor } from '../../src/bandit/credit.ts'
import type { Credit, Policy, PolicyContext } from '../../src/bandit/policy.ts'
import type { Rng } from '../../src/core/rng.ts'

export const ARMS = ['a', 'b', 'c', 'd'] as const
export const CONTEXT: PolicyContext = { workloadClass: 'interactive', atMs: 1_700_000_000_000 }

export function propensitiesOf(policy: Policy, context: PolicyContext = CONTEXT): number[] {
  const into = new Float64Array(policy.arms.length)
  policy.propensities(context, into)
  return [...into]
}

/** Credit as of a decision in which every arm recommended a peer of its own. */
export function creditOf(arm: number, reward: number, atMs: number = CONTEXT.atMs, workloadClass = 'interactive'): Credit {
  const propensity = 1 / ARMS.length
  const votes = ARMS.map((name) => ({ arm: name, peer: `peer-${name}`, propensity, expectedReward: 0.5 }))
  return creditFor({ id: 'd', workloadClass, atMs, votes, arm: ARMS[arm], peer: `peer-${ARMS[arm]}` }, reward)
}

export function draw(probabilities: readonly number[], rng: Rng): number {
  let left = rng.next()
  for (let i = 0; i < probabilities.length - 1; i++) {
    left -= probabilities[i]
    if (left < 0) return i
  }
  return probabilities.length - 1
}

export interface World {
  /** What each arm recommends in a round. */
  recommend(rng: Rng): readonly string[]
  /** Expected reward of a peer, 0–1; rewards are 0 or 1. */
  readonly worth: Readonly<Record<string, number>>
}

/** One round: draw the arm, draw the reward, and what it says of every arm, with a prediction of one half for every peer. */
export function playRound(policy: Policy, world: World, rng: Rng, atMs: number): Credit {
  const propensities = propensitiesOf(policy, { ...CONTEXT, atMs })
  const peers = world.recommend(rng)
  const votes = policy.arms.map((arm, i) => ({ arm, peer: peers[i], propensity: propensities[i], expectedReward: 0.5 }))
  const { arm, peer } = votes[draw(propensities, rng)]
  const reward = rng.next() < world.worth[peer] ? 1 : 0
  return creditFor({ id: 'd', workloadClass: CONTEXT.workloadClass, atMs, votes, arm, peer }, reward)
}
