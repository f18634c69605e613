import { checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Decision } from '../job/decision.ts'
import type { Credit } from './policy.ts'

/** What credit needs to know of a decision, as it was logged. */
export type CreditedDecision = Pick<Decision, 'id' | 'workloadClass' | 'atMs' | 'votes' | 'arm' | 'peer'>

/**
 * What the reward of a decision says about every arm that voted in it, in the order of the votes.
 *
 * The reward depends on the peer alone, so it counts for each arm that recommended this peer, divided by the marginal
 * probability of the peer, q = Σ P(arm)·1{arm recommends it}. Crediting the followed arm alone over P(arm) is unbiased too, but
 * varies more; crediting all that agree at full weight is biased towards contexts where they agree. The prediction m, frozen
 * at decision time, fills in for the arms that disagree: r̂(k) = m(b_k) + 1{b_k = J}/q(J)·(R − m(J)).
 * @param reward 0–1
 * @param arms of the policy that will learn; when given they must be those that voted
 * @throws ERR_INVALID_OPTION
 * @see Dudík, Langford and Li 2011, "Doubly Robust Policy Evaluation and Learning"
 */
export function creditFor(decision: CreditedDecision, reward: number, arms?: readonly string[]): Credit {
  const { votes, peer, arm, workloadClass, atMs } = decision
  checkRatio('reward', reward)
  if (arms !== undefined) checkVoters(decision, arms)
  const followed = votes.findIndex((vote) => vote.arm === arm && vote.peer === peer)
  if (followed < 0) throw contradiction(decision, `a vote of ${arm} for ${peer}, got none`)
  // Filled in loops: `from` with a function takes several times as long, and this is done for every job.
  const agrees = new Uint8Array(votes.length)
  let propensity = 0
  for (const [i, vote] of votes.entries()) {
    agrees[i] = vote.peer === peer ? 1 : 0
    propensity += agrees[i] * vote.propensity
  }
  if (!(propensity > 0)) throw contradiction(decision, `a probability above 0 for ${peer}, got ${propensity}`)
  const residual = (reward - votes[followed].expectedReward) / propensity
  const pseudoRewards = new Float64Array(votes.length)
  for (const [i, vote] of votes.entries()) pseudoRewards[i] = vote.expectedReward + agrees[i] * residual
  return { workloadClass, decidedAtMs: atMs, arm: followed, reward, agrees, pseudoRewards }
}

function contradiction({ id }: CreditedDecision, wanted: string): PeerbanditError {
  return new PeerbanditError('ERR_INVALID_OPTION', `credit for decision ${id} needs ${wanted}`)
}

function checkVoters(decision: CreditedDecision, arms: readonly string[]): void {
  const { votes } = decision
  if (votes.length === arms.length && votes.every(({ arm }, i) => arm === arms[i])) return
  const voters = votes.map(({ arm }) => arm)
  throw contradiction(decision, `votes of the policy's arms ${arms.join(', ')}, got ${voters.join(', ')}`)
}
