import { checkOneOf, checkPositive, checkRatio } from '../core/check.ts'
import type { WorkloadClass } from '../job/job.ts'
import { bestArmProbabilities } from '../math/best-arm.ts'
import { checkHalfLife, ForwardDecay } from '../math/forward-decay.ts'
import { meanOf } from '../math/quantile.ts'
import { meanBelief, type NormalInverseGamma, updateNormalInverseGamma } from '../math/normal-inverse-gamma.ts'
import { checkArms, checkCredit } from './checks.ts'
import {
  addFloor,
  explorationFloor,
  type ExplorationFloorOptions,
  type ResolvedExplorationFloorOptions,
  resolveExplorationFloor
} from './exploration-floor.ts'
import type { ArmBelief, Credit, Policy, PolicyContext, PolicySnapshot } from './policy.ts'
import { RouterSlots } from './router-slots.ts'

export interface ThompsonOptions extends ExplorationFloorOptions {
  /** Evidence of this age counts half, ms > 0; Infinity never forgets. @default 6 hours */
  readonly halfLifeMs?: number
  /** The other workload classes together count for at most so many observations of a class, > 0. @default 100 */
  readonly poolWeight?: number
  /** How many observations of every arm the prior is worth: arms are shrunk to the mean of all arms by it. > 0, @default 1 */
  readonly priorWeight?: number
  /** The arm to rely on while data are thin: the prior puts it ahead of the others. @default none */
  readonly fallbackArm?: string
  /** By how much, in reward. 0–1, @default 0.1 */
  readonly fallbackLead?: number
}

interface ResolvedThompsonOptions extends ResolvedExplorationFloorOptions {
  readonly halfLifeMs: number
  readonly poolWeight: number
  readonly prior: NormalInverseGamma
  /** What the prior gives each arm beyond the mean of all. */
  readonly leads: readonly number[]
}

/** Six hours follow the course of a day; a hundred observations tell two arms apart that differ by a tenth. */
const DEFAULTS = { halfLifeMs: 6 * 3600_000, poolWeight: 100, priorWeight: 1, fallbackLead: 0.2 }

/** Until anything was observed arms are alike, and what they gain or lose against each other is a tenth or two of the reward. */
const PRIOR_VARIANCE = 0.02

/** Steps a half-life in which age is taken into account: evidence loses half a percent in each. */
const AGE_STEPS = 128

/** Scales of the posterior on either side of the mean that hold about 95 %. */
const CREDIBLE_SCALES = 1.96

interface Cached {
  readonly revision: number
  readonly atMs: number
  readonly propensities: Float64Array
}

/**
 * Thompson sampling on doubly-robust pseudo-rewards, for each workload class.
 *
 * Every outcome updates every arm, by its advantage: its pseudo-reward less the mean over the arms. What makes a job easy or hard for all of
 * them, which is most of what varies, drops out that way, and what tells them apart is seen soon. An arm's decayed sums make a
 * Normal-Inverse-Gamma posterior of its mean advantage; the probability of an arm is the probability that its mean is the largest,
 * computed and not sampled, lifted by a small additive floor. A class starts from the pool of all other classes and leaves it as its own
 * evidence grows; every arm starts from the mean of all arms, the one to fall back to a little ahead. Evidence that is not renewed fades,
 * and the posteriors widen. Outcomes may come late and in any order; they count from when their decision was made.
 * @param arms names, fixed for the life of the policy
 * @throws ERR_INVALID_OPTION
 * @see Thompson 1933; Agrawal and Goyal 2013; Dudík, Langford and Li 2011 for the pseudo-rewards
 */
export function thompson(arms: readonly string[], options: ThompsonOptions, { routerId }: { readonly routerId: string }): Policy {
  return new ThompsonPolicy(arms, resolve(checkArms(arms), options), routerId)
}

function resolve(arms: readonly string[], options: ThompsonOptions): ResolvedThompsonOptions {
  const { fallbackArm } = options
  if (fallbackArm !== undefined) checkOneOf('fallbackArm', fallbackArm, arms)
  const lead = checkRatio('fallbackLead', options.fallbackLead ?? DEFAULTS.fallbackLead)
  const weight = checkPositive('priorWeight', options.priorWeight ?? DEFAULTS.priorWeight)
  return {
    prior: { mu: 0, kappa: weight, a: 1 + weight, b: PRIOR_VARIANCE * (1 + weight) },
    leads: arms.map((arm) => (arm === fallbackArm ? lead : 0)),
    ...resolveExplorationFloor(options),
    halfLifeMs: checkHalfLife('halfLifeMs', options.halfLifeMs ?? DEFAULTS.halfLifeMs),
    poolWeight: checkPositive('poolWeight', options.poolWeight ?? DEFAULTS.poolWeight)
  }
}

class ThompsonPolicy implements Policy {
  readonly id = 'thompson'
  readonly arms: readonly string[]
  readonly #options: ResolvedThompsonOptions
  readonly #slots: RouterSlots<ForwardDecay>
  readonly #cache = new Map<WorkloadClass, Cached>()

  constructor(arms: readonly string[], options: ResolvedThompsonOptions, routerId: string) {
    this.arms = arms
    this.#options = options
    this.#slots = new RouterSlots({ policy: this.id, version: 2, arms }, routerId, {
      empty: () => this.#noSums(),
      encode: (sums) => sums.state(),
      decode: (data) => ForwardDecay.restore(data, arms.length + 1, options.halfLifeMs)
    })
  }

  propensities({ workloadClass, atMs }: PolicyContext, into: Float64Array): void {
    const steppedMs = this.#step(atMs)
    const { revision } = this.#slots
    let cached = this.#cache.get(workloadClass)
    if (cached?.revision !== revision || cached.atMs !== steppedMs) {
      cached = { revision, atMs: steppedMs, propensities: this.#compute(workloadClass, steppedMs) }
      this.#cache.set(workloadClass, cached)
    }
    into.set(cached.propensities)
  }

  learn(credit: Credit): void {
    checkCredit(credit, this.arms.length)
    const { pseudoRewards, reward } = credit
    const mean = meanOf(pseudoRewards)
    // The reward itself goes along, to tell what an arm is worth beside what it gains over the others.
    const observed = Float64Array.from([...pseudoRewards.map((value) => value - mean), reward])
    this.#slots.learn(credit.workloadClass).add(observed, 1, credit.decidedAtMs)
  }

  beliefs({ workloadClass, atMs }: PolicyContext): readonly ArmBelief[] {
    const own = this.#sum(this.#slots.states(workloadClass))
    const others = this.#sum(this.#slots.otherStates(workloadClass))
    const known = own.count + others.count > 0
    const weight = own.effectiveCount(atMs)
    const level = this.#level(own, others)
    return this.#posteriors(own, others, atMs).map((posterior, i) => {
      const { location, scale } = meanBelief(posterior)
      const mean = known ? Math.min(1, Math.max(0, level + location)) : undefined
      return { arm: this.arms[i], workloadClass, mean, weight, spread: CREDIBLE_SCALES * scale }
    })
  }

  snapshot(): PolicySnapshot {
    return this.#slots.snapshot()
  }

  merge(snapshot: PolicySnapshot): void {
    this.#slots.merge(snapshot)
  }

  /** The moment that stands for all of its step, so that the answer depends on state and time alone and can be kept. */
  #step(atMs: number): number {
    const stepMs = this.#options.halfLifeMs / AGE_STEPS
    return stepMs === Infinity ? 0 : Math.floor(atMs / stepMs) * stepMs
  }

  #compute(workloadClass: WorkloadClass, atMs: number): Float64Array {
    const own = this.#sum(this.#slots.states(workloadClass))
    const others = this.#sum(this.#slots.otherStates(workloadClass))
    const propensities = new Float64Array(this.arms.length)
    bestArmProbabilities(this.#posteriors(own, others, atMs).map(meanBelief), propensities)
    addFloor(propensities, explorationFloor(own.count, this.arms.length, this.#options))
    return propensities
  }

  /** A posterior of each arm's mean: prior, then the pool at no more than its weight, then the class itself. */
  #posteriors(own: ForwardDecay, others: ForwardDecay, atMs: number): NormalInverseGamma[] {
    const { poolWeight } = this.#options
    const pooled = others.effectiveCount(atMs)
    const poolCount = (pooled * poolWeight) / (pooled + poolWeight)
    const ownCount = own.effectiveCount(atMs)
    return this.arms.map((_, i) => {
      const start = { ...this.#options.prior, mu: this.#options.leads[i] }
      const prior = updateNormalInverseGamma(start, { count: poolCount, mean: others.mean(i), variance: others.variance(i) })
      return updateNormalInverseGamma(prior, { count: ownCount, mean: own.mean(i), variance: own.variance(i) })
    })
  }

  /** Mean reward of the class, whatever arm was followed; of the others before it has any. */
  #level(own: ForwardDecay, others: ForwardDecay): number {
    const known = own.count > 0 ? own : others
    return known.count > 0 ? known.mean(this.arms.length) : 0
  }

  #sum(states: readonly ForwardDecay[]): ForwardDecay {
    const total = this.#noSums()
    for (const state of states) total.merge(state)
    return total
  }

  #noSums(): ForwardDecay {
    return new ForwardDecay(this.arms.length + 1, this.#options.halfLifeMs)
  }
}
