import { describe, expect, it } from 'vitest'
import { creditFor } from '../../src/bandit/credit.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'
import { draw } from './support.ts'

interface ContextCase {
  readonly prob: number
  readonly recommends: readonly string[]
  readonly reward: Readonly<Record<string, number>>
}

interface Expected {
  readonly true_value: readonly number[]
  readonly marginal_ips_mean: readonly number[]
  readonly marginal_ips_var: readonly number[]
  readonly arm_ips_var: readonly number[]
  readonly naive_shared_average_limit: readonly number[]
}

const known = knownAnswer<{ arm_probs: number[]; contexts: ContextCase[] }, Expected>('credit-sharing-exact')
const { inputs, expected, tolerance } = known
const ARMS = inputs.arm_probs.map((_, i) => `arm${i + 1}`)

type Predict = (peer: string) => number

function decisionIn({ recommends }: ContextCase, followed: number, predict: Predict) {
  const votes = ARMS.map((arm, i) => ({
    arm,
    peer: recommends[i],
    propensity: inputs.arm_probs[i],
    expectedReward: predict(recommends[i])
  }))
  return { id: 'd1', workloadClass: 'batch', atMs: 1000, votes, arm: ARMS[followed], peer: recommends[followed] }
}

/** Mean and variance of each arm's pseudo-reward over everything that can happen. */
function enumerate(predict: Predict): { means: number[]; variances: number[] } {
  const means = ARMS.map(() => 0)
  const squares = ARMS.map(() => 0)
  for (const context of inputs.contexts) {
    inputs.arm_probs.forEach((armProb, followed) => {
      const decision = decisionIn(context, followed, predict)
      const { pseudoRewards } = creditFor(decision, context.reward[decision.peer])
      pseudoRewards.forEach((value, k) => {
        means[k] += context.prob * armProb * value
        squares[k] += context.prob * armProb * value * value
      })
    })
  }
  return { means, variances: squares.map((square, k) => square - means[k] ** 2) }
}

describe('creditFor', () => {
  it('is marginal importance weighting when nothing is predicted, with the known mean and variance', () => {
    const { means, variances } = enumerate(() => 0)
    ARMS.forEach((arm, k) => {
      expectClose(means[k], expected.marginal_ips_mean[k], tolerance, `mean of ${arm}`)
      expectClose(variances[k], expected.marginal_ips_var[k], tolerance, `variance of ${arm}`)
      expect(variances[k], `${arm} against crediting the followed arm alone`).toBeLessThanOrEqual(expected.arm_ips_var[k])
    })
  })

  it.each([
    ['a constant', () => 0.5],
    ['something wrong', (peer) => ({ A: 0.1, B: 0.9, C: 1 })[peer] ?? 0],
    ['the mean of each peer', (peer) => ({ A: 0.6, B: 0.55, C: 0.35 })[peer] ?? 0]
  ] as readonly (readonly [string, Predict])[])('is unbiased when the prediction is %s', (_name, predict) => {
    const { means } = enumerate(predict)
    ARMS.forEach((arm, k) => {
      expectClose(means[k], expected.true_value[k], tolerance, arm)
    })
  })

  it('varies less with a fair prediction than with none', () => {
    const { variances } = enumerate((peer) => ({ A: 0.6, B: 0.55, C: 0.35 })[peer] ?? 0)
    ARMS.forEach((arm, k) => {
      expect(variances[k], arm).toBeLessThan(expected.marginal_ips_var[k])
    })
  })

  it('recovers what arms are worth from 40,000 rounds, where plain sharing does not', () => {
    const rng = pcg32(5n)
    const rounds = 40_000
    const doublyRobust = ARMS.map(() => ({ sum: 0, squares: 0 }))
    const naive = ARMS.map(() => ({ sum: 0, count: 0 }))
    for (let round = 0; round < rounds; round++) {
      const context = inputs.contexts[rng.next() < 0.5 ? 0 : 1]
      const decision = decisionIn(context, draw(inputs.arm_probs, rng), () => 0.5)
      const credit = creditFor(decision, rng.next() < context.reward[decision.peer] ? 1 : 0)
      ARMS.forEach((_, k) => {
        doublyRobust[k].sum += credit.pseudoRewards[k]
        doublyRobust[k].squares += credit.pseudoRewards[k] ** 2
        naive[k].sum += credit.agrees[k] * credit.reward
        naive[k].count += credit.agrees[k]
      })
    }
    ARMS.forEach((arm, k) => {
      const mean = doublyRobust[k].sum / rounds
      const standardError = Math.sqrt((doublyRobust[k].squares / rounds - mean ** 2) / rounds)
      expect(Math.abs(mean - expected.true_value[k]), `${arm} by doubly-robust credit`).toBeLessThan(4 * standardError)
      const shared = naive[k].sum / naive[k].count
      expect(Math.abs(shared - expected.naive_shared_average_limit[k]), `limit of plain sharing for ${arm}`).toBeLessThan(0.02)
      expect(shared - expected.true_value[k], `bias of plain sharing for ${arm}`).toBeGreaterThan(0.03)
    })
  })

  it('says when, for whom and with what the decision was made', () => {
    const credit = creditFor(
      decisionIn(inputs.contexts[1], 3, () => 0.25),
      0.5
    )
    expect({ ...credit, agrees: [...credit.agrees], pseudoRewards: [...credit.pseudoRewards] }).toEqual({
      workloadClass: 'batch',
      decidedAtMs: 1000,
      arm: 3,
      reward: 0.5,
      agrees: [0, 0, 0, 1, 0, 1, 0, 0],
      // C has the probability .08 + .05
      pseudoRewards: [0.25, 0.25, 0.25, 0.25 + 0.25 / 0.13, 0.25, 0.25 + 0.25 / 0.13, 0.25, 0.25]
    })
  })

  const decision = decisionIn(inputs.contexts[0], 0, () => 0.5)

  it.each([NaN, -0.1, 1.01])('refuses a reward of %d', (reward) => {
    expect(() => creditFor(decision, reward)).toThrow(/reward must be between 0 and 1/)
  })

  it('refuses a chosen peer that had no chance', () => {
    const votes = decision.votes.map((vote) => ({ ...vote, propensity: 0 }))
    expect(() => creditFor({ ...decision, votes }, 1)).toThrow(/d1 needs a probability above 0 for A, got 0/)
  })

  it.each([{ arm: 'other' }, { peer: 'Z' }])('refuses a followed arm that did not vote for the peer: %o', (wrong) => {
    expect(() => creditFor({ ...decision, ...wrong }, 1)).toThrow(/d1 needs a vote of .* got none/)
  })

  it('refuses votes of other arms than those that will learn', () => {
    expect(() => creditFor(decision, 1, ARMS)).not.toThrow()
    expect(() => creditFor(decision, 1, ARMS.slice(1))).toThrow(/votes of the policy's arms arm2, .* got arm1/)
    expect(() => creditFor(decision, 1, [...ARMS].reverse())).toThrow(/votes of the policy's arms arm8/)
  })
})
