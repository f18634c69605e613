import { creditFor } from '../bandit/credit.ts'
import type { Policy } from '../bandit/policy.ts'
import type { Circumstances } from '../bandit/reward-model.ts'
import type { Decision, OutcomeRecord } from '../job/decision.ts'
import type { PeerTable } from '../peer/peer-table.ts'

/** Predicts the reward of a job at a peer: the term that doubly-robust credit corrects. */
export interface RewardModel {
  /** 0–1, also for peers never seen. */
  expected(circumstances: Circumstances): number
  observe(circumstances: Circumstances, reward: number): void
  snapshot(): unknown
  /** @throws ERR_SNAPSHOT */
  restore(snapshot: unknown): void
}

export interface LearnerComponents {
  readonly table: PeerTable
  readonly policy: Policy
  readonly rewardModel: RewardModel
}

/** What an outcome changes, the same for a lease that ends now and for one read back from the journal. */
export interface Learner {
  learn(decision: Decision, record: OutcomeRecord): void
}

export function learner({ table, policy, rewardModel }: LearnerComponents): Learner {
  return {
    learn(decision, { outcome, peer, reward, atMs, inFlightAtDispatch }) {
      const { promptTokens, expectedOutputTokens, workloadClass } = decision
      table.observe(peer, { kind: 'outcome', promptTokens, expectedOutputTokens, inFlightAtDispatch, outcome }, atMs)
      policy.learn(creditFor(decision, reward, policy.arms))
      rewardModel.observe({ peer, workloadClass, inFlight: inFlightAtDispatch, atMs }, reward)
    }
  }
}
