import { checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Decision } from '../job/decision.ts'
import type { Credit } from './policy.ts'

type Decided = Pick<Decision, 'workloadClass' | 'atMs' | 'votes' | 'arm' | 'peer'>

/**
 * What one outcome says about every arm, from the decision as it was logged.
 *
 * The reward depends on the peer alone, so every arm that recommended the chosen peer J is observed, and the weight is that of the
 * peer: its marginal propensity q(J) = Σ p(k) over those arms. Dividing by the drawn arm's own p(k) instead would have the same mean
 * and a far larger variance; crediting all of them without a weight would favour the contexts in which they agree with the leader.
 * The predicted reward m of each arm's own peer takes the rest of the variance away and needs no trust: the estimate is unbiased
 * whatever m is.
 *
 *     r̂(k) = m(b_k) + 1{b_k = J} / q(J) · (R − m(J))
 *
 * @param reward 0–1
 * @throws ERR_INVALID_OPTION for a reward outside 0–1, or a decision whose chosen arm and peer do not agree with its votes
 * @see Dudík, Langford, Li 2011, "Doubly Robust Policy Evaluation and Learning"
 */
export function creditFor(decision: Decided, reward: number): Credit {
  checkRatio('reward', reward)
  const { votes, peer } = decision
  const arm = votes.findIndex((vote) => vote.arm === decision.arm && vote.peer === peer)
  const agrees = Uint8Array.from(votes, (vote) => (vote.peer === peer ? 1 : 0))
  const propensity = votes.reduce((sum, vote, i) => sum + agrees[i] * vote.propensity, 0)
  if (arm < 0 || !(propensity > 0)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `arm "${decision.arm}" must have voted for ${peer} with a propensity above 0, got ${propensity}`
    )
  }
  const residual = (reward - votes[arm].expectedReward) / propensity
  const pseudoRewards = Float64Array.from(votes, (vote, i) => vote.expectedReward + agrees[i] * residual)
  return { workloadClass: decision.workloadClass, decidedAtMs: decision.atMs, arm, reward, agrees, pseudoRewards }
}
