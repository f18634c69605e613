import { checkOneOf } from '../core/check.ts'
import { checkArms, checkCredit } from './checks.ts'
import type { ArmBelief, Credit, Policy, PolicyContext, PolicySnapshot } from './policy.ts'
import { RouterSlots, type SlotCodec } from './router-slots.ts'

/** What is known of one arm. */
export interface ArmTally {
  /** Observations ≥ 0; decayed ones need not be whole. */
  readonly count: number
  /** Mean reward 0–1; without meaning when there are no observations. */
  readonly mean: number
  /** Population variance of the reward. */
  readonly variance: number
}

interface Tallies {
  /** The time of the bandit: how many observations there are in all. */
  readonly total: number
  readonly arms: readonly ArmTally[]
}

const CREDIT_SHARINGS = ['shared', 'own'] as const
type CreditSharing = (typeof CREDIT_SHARINGS)[number]

export interface IndexPolicyOptions {
  /**
   * Which arms learn from an outcome: all that recommended the chosen peer, or only the one that was followed. Sharing learns
   * faster, but leans towards what arms are worth in contexts where they agree with the leader. @default "shared"
   */
  readonly credit?: CreditSharing
}

/** What sets one index policy apart from another. */
export interface IndexRule<S> {
  readonly id: string
  readonly codec: SlotCodec<S>
  /** Takes in the reward of the arms of these indices. */
  observe(state: S, arms: readonly number[], reward: number, atMs: number): void
  /** Adds up what several routers know. */
  tally(states: readonly S[]): Tallies
  /** An upper bound of what the arm may be worth; it was observed at least once. */
  index(arm: ArmTally, total: number): number
}

/** Half-width of what is credible of an arm that was never observed: all of [0, 1]. */
const UNKNOWN_SPREAD = 0.5

/**
 * A policy that follows the arm with the largest index, arms never observed first; of equals the first one.
 *
 * It is deterministic: the arm has probability 1 and the others 0. A journal written under it cannot be used for off-policy
 * evaluation, and while outcomes are under way it repeats itself.
 * @throws ERR_INVALID_OPTION
 */
export function indexPolicy<S>(
  rule: IndexRule<S>,
  arms: readonly string[],
  { credit = 'shared' }: IndexPolicyOptions,
  { routerId }: { readonly routerId: string }
): Policy {
  return new IndexPolicy(rule, checkArms(arms), checkOneOf('credit', credit, CREDIT_SHARINGS), routerId)
}

class IndexPolicy<S> implements Policy {
  readonly id: string
  readonly arms: readonly string[]
  readonly #rule: IndexRule<S>
  readonly #credit: CreditSharing
  readonly #slots: RouterSlots<S>

  constructor(rule: IndexRule<S>, arms: readonly string[], credit: CreditSharing, routerId: string) {
    this.id = rule.id
    this.arms = arms
    this.#rule = rule
    this.#credit = credit
    this.#slots = new RouterSlots({ policy: rule.id, version: 1, arms }, routerId, rule.codec)
  }

  propensities({ workloadClass }: PolicyContext, into: Float64Array): void {
    const { total, arms } = this.#rule.tally(this.#slots.states(workloadClass))
    let best = 0
    let bestIndex = -Infinity
    arms.forEach((arm, i) => {
      const index = arm.count > 0 ? this.#rule.index(arm, total) : Infinity
      if (index > bestIndex) {
        best = i
        bestIndex = index
      }
    })
    into.fill(0, 0, arms.length)
    into[best] = 1
  }

  learn(credit: Credit): void {
    checkCredit(credit, this.arms.length)
    const observed = this.#credit === 'own' ? [credit.arm] : [...this.arms.keys()].filter((i) => credit.agrees[i] !== 0)
    this.#rule.observe(this.#slots.learn(credit.workloadClass), observed, credit.reward, credit.decidedAtMs)
  }

  beliefs({ workloadClass }: PolicyContext): readonly ArmBelief[] {
    const { total, arms } = this.#rule.tally(this.#slots.states(workloadClass))
    return arms.map((tally, i) => {
      const arm = this.arms[i]
      if (!(tally.count > 0)) return { arm, workloadClass, mean: undefined, weight: 0, spread: UNKNOWN_SPREAD }
      const spread = this.#rule.index(tally, total) - tally.mean
      return { arm, workloadClass, mean: tally.mean, weight: tally.count, spread }
    })
  }

  snapshot(): PolicySnapshot {
    return this.#slots.snapshot()
  }

  merge(snapshot: PolicySnapshot): void {
    this.#slots.merge(snapshot)
  }
}
