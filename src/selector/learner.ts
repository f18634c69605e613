import { creditFor } from '../bandit/credit.ts'
import type { Policy } from '../bandit/policy.ts'
import type { Decision, OutcomeRecord } from '../job/decision.ts'
import type { JobObserver } from '../peer/ranker.ts'
import type { PeerTable } from '../peer/peer-table.ts'

export interface LearnerComponents {
  readonly table: PeerTable
  readonly policy: Policy
  readonly observers: readonly JobObserver[]
}

/** What an outcome changes, the same for a lease that ends now and for one read back from the journal. */
export interface Learner {
  learn(decision: Decision, record: OutcomeRecord): void
}

export function learner({ table, policy, observers }: LearnerComponents): Learner {
  return {
    learn(decision, record) {
      const { outcome, peer, reward, atMs, inFlightAtDispatch } = record
      const { id: decisionId, promptTokens, expectedOutputTokens } = decision
      const seen = { kind: 'outcome', promptTokens, expectedOutputTokens, inFlightAtDispatch, outcome, decisionId } as const
      table.observe(peer, seen, atMs)
      policy.learn(creditFor(decision, reward, policy.arms))
      for (const observer of observers) observer.ended(decision, record)
    }
  }
}
