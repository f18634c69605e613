import { describe, expect, it } from 'vitest'
import { armSums } from '../../src/bandit/arm-sums.ts'
import { discountedUcb, discountedUcbIndex } from '../../src/bandit/discounted-ucb.ts'
import { klBernoulli, klUcbIndex, klUpperBound } from '../../src/bandit/kl-ucb.ts'
import type { Policy } from '../../src/bandit/policy.ts'
import { slidingWindowUcb, slidingWindowUcbIndex } from '../../src/bandit/sliding-window-ucb.ts'
import { ucb1TunedIndex } from '../../src/bandit/ucb1-tuned.ts'
import { ucb1, ucb1Index } from '../../src/bandit/ucb1.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'
import { ARMS, CONTEXT, creditOf, propensitiesOf } from './support.ts'

function tallyOf(rewards: readonly number[]) {
  const mean = rewards.reduce((sum, r) => sum + r, 0) / rewards.length
  return { count: rewards.length, mean, variance: rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rewards.length }
}

function rewardsOf(arm: number, decisions: readonly number[], rewards: readonly number[]): number[] {
  return rewards.filter((_, i) => decisions[i] === arm)
}

describe('ucb1Index', () => {
  it('gives the known indices', () => {
    const { inputs, expected, tolerance } = knownAnswer<
      { alpha: number; decisions: number[]; rewards: number[] },
      Record<string, number>
    >('ucb1-index')
    for (const [arm, index] of Object.entries(expected)) {
      const tally = tallyOf(rewardsOf(Number(arm), inputs.decisions, inputs.rewards))
      expectClose(ucb1Index(tally, inputs.decisions.length, inputs.alpha), index, tolerance, `arm ${arm}`)
    }
  })

  it('gives the known indices after three more observations', () => {
    interface Inputs {
      alpha: number
      decisions: number[]
      rewards: number[]
      decisions2: number[]
      rewards2: number[]
    }
    const { inputs, expected, tolerance } = knownAnswer<Inputs, Record<string, number>>('ucb1-partial-fit')
    const decisions = [...inputs.decisions, ...inputs.decisions2]
    const rewards = [...inputs.rewards, ...inputs.rewards2]
    for (const arm of [1, 2, 4]) {
      const tally = tallyOf(rewardsOf(arm, decisions, rewards))
      expectClose(tally.mean, expected[`mean_${arm}`], tolerance, `mean of arm ${arm}`)
      expectClose(ucb1Index(tally, decisions.length, inputs.alpha), expected[`ucb_${arm}`], tolerance, `arm ${arm}`)
    }
  })
})

describe('ucb1TunedIndex', () => {
  it('gives the known indices', () => {
    const { inputs, expected, tolerance } = knownAnswer<
      { rewards: Record<string, number[]>; N: number },
      { ucb1_tuned: Record<string, number> }
    >('ucb1-tuned')
    for (const [arm, index] of Object.entries(expected.ucb1_tuned)) {
      expectClose(ucb1TunedIndex(tallyOf(inputs.rewards[arm]), inputs.N), index, tolerance, `arm ${arm}`)
    }
  })
})

describe('klUcbIndex', () => {
  it('uses the known relative entropies', () => {
    const { inputs, expected, tolerance } = knownAnswer<{ pairs: [number, number][] }, number[]>('kl-bernoulli')
    inputs.pairs.forEach(([p, q], i) => {
      expectClose(klBernoulli(p, q), expected[i], tolerance, `kl(${p}, ${q})`)
    })
  })

  it('uses the known upper bounds', () => {
    const { inputs, expected, tolerance } = knownAnswer<{ p_d: [number, number][] }, number[]>('klucb-bernoulli')
    inputs.p_d.forEach(([p, d], i) => {
      expectClose(klUpperBound(p, d), expected[i], tolerance, `p ${p}, d ${d}`)
    })
  })

  it('gives the known indices', () => {
    const { inputs, expected, tolerance } = knownAnswer<{ successes_pulls: [number, number][]; t: number }, number[]>(
      'klucb-policy'
    )
    inputs.successes_pulls.forEach(([successes, count], i) => {
      expectClose(klUcbIndex({ count, mean: successes / count }, inputs.t), expected[i], tolerance, `arm ${i}`)
    })
  })

  it('is right at the ends of [0, 1]', () => {
    expect(klBernoulli(0, 0)).toBe(0)
    expect(klBernoulli(1, 1)).toBe(0)
    expect(klBernoulli(0.5, 1)).toBe(Infinity)
    expect(klUpperBound(1, 0.3)).toBe(1)
    // kl(0, q) = −ln(1 − q)
    expect(klUpperBound(0, 0.3)).toBeCloseTo(1 - Math.exp(-0.3), 12)
    expect(klUpperBound(0.4, 0)).toBe(0.4)
  })
})

describe('discountedUcb', () => {
  const { inputs, expected, tolerance } = knownAnswer<
    { gamma: number; plays: [number, number][] },
    { N_gamma: number[]; X_gamma: number[]; n_gamma: number; index_garivier_moulines_B1_xi_half: number[] }
  >('discounted-ucb')
  // Plays a millisecond apart; the half-life that makes γ the discount of a millisecond.
  const halfLifeMs = Math.LN2 / -Math.log(inputs.gamma)

  it('keeps the known sums and gives the known indices', () => {
    const { codec, observe, tally } = armSums(3, halfLifeMs)
    const state = codec.empty()
    inputs.plays.forEach(([arm, reward], t) => {
      observe(state, [arm], reward, t)
    })
    const { total, arms } = tally([state])
    expectClose(total, expected.n_gamma, tolerance, 'n')
    arms.forEach((arm, i) => {
      expectClose(arm.count, expected.N_gamma[i], tolerance, `N of arm ${i}`)
      expectClose(arm.count * arm.mean, expected.X_gamma[i], tolerance, `X of arm ${i}`)
      expectClose(discountedUcbIndex(arm, total), expected.index_garivier_moulines_B1_xi_half[i], tolerance, `index of arm ${i}`)
    })
  })

  it('does not change its mind by waiting', () => {
    const policy = discountedUcb(ARMS, { halfLifeMs: 1000 }, { routerId: 'r' })
    for (const [arm, reward] of [0.9, 0.2, 0.3, 0.4].entries()) policy.learn(creditOf(arm, reward))
    const later = { ...CONTEXT, atMs: CONTEXT.atMs + 1e9 }
    expect(policy.beliefs(later)).toEqual(policy.beliefs(CONTEXT))
  })

  it('turns its half-life into a difference and refuses one that is none', () => {
    const weightWith = (halfLife: number) => {
      const policy = discountedUcb(ARMS, { halfLifeMs: halfLife }, { routerId: 'r' })
      policy.learn(creditOf(0, 1, CONTEXT.atMs - 1000))
      policy.learn(creditOf(1, 1))
      return policy.beliefs(CONTEXT)[0].weight
    }
    expect([weightWith(1000), weightWith(Infinity)]).toEqual([0.5, 1])
    expect(() => weightWith(0)).toThrow(/halfLifeMs/)
    expect(() => weightWith(NaN)).toThrow(/halfLifeMs/)
  })
})

describe('slidingWindowUcb', () => {
  const { inputs, expected, tolerance } = knownAnswer<
    { tau: number; plays: [number, number][] },
    Record<string, { N: number; mean: number; index_paper_B1_xi_half: number }>
  >('sliding-window-ucb')

  function played(windowRounds: number): Policy {
    const policy = slidingWindowUcb(ARMS, { windowRounds, credit: 'own' }, { routerId: 'r' })
    inputs.plays.forEach(([arm, reward], t) => {
      policy.learn(creditOf(arm, reward, t))
    })
    return policy
  }

  it('keeps the known window and gives the known indices', () => {
    const beliefs = played(inputs.tau).beliefs(CONTEXT)
    for (const [arm, { N, mean, index_paper_B1_xi_half: index }] of Object.entries(expected)) {
      const belief = beliefs[Number(arm)]
      expect(belief.weight, `count of arm ${arm}`).toBe(N)
      expectClose(belief.mean ?? NaN, mean, tolerance, `mean of arm ${arm}`)
      expectClose((belief.mean ?? NaN) + belief.spread, index, tolerance, `index of arm ${arm}`)
      expectClose(slidingWindowUcbIndex({ count: N, mean }, inputs.tau), index, tolerance, `formula for arm ${arm}`)
    }
  })

  it('holds no more rounds than its window, also of several routers', () => {
    const policy = played(3)
    const other = slidingWindowUcb(ARMS, { windowRounds: 3 }, { routerId: 'other' })
    other.learn(creditOf(3, 1, 7.5))
    policy.merge(other.snapshot())
    expect(policy.beliefs(CONTEXT).map(({ weight }) => weight)).toEqual([1, 1, 0, 1])
  })

  it('refuses a window that is none, and rounds that are none', () => {
    expect(() => played(0)).toThrow(/windowRounds must be an integer of at least 1, got 0/)
    expect(() => played(NaN)).toThrow(/windowRounds/)
    const policy = played(3)
    for (const round of [{ atMs: 1, reward: 1, arms: [9] }, { atMs: 1, reward: null, arms: [0] }, null]) {
      const slots = [{ router: 'x', version: 1, classes: [['interactive', [round]]] }]
      expect(() => {
        policy.merge({ policy: policy.id, version: 1, state: { arms: [...ARMS], slots } })
      }, JSON.stringify(round)).toThrow(/rounds with a time, a reward and arms that exist/)
    }
  })
})

describe('an index', () => {
  it('is infinite for an arm that was never observed', () => {
    const unseen = { count: 0, mean: 0, variance: 0 }
    expect([
      ucb1Index(unseen, 5, 1),
      ucb1TunedIndex(unseen, 5),
      klUcbIndex(unseen, 5),
      discountedUcbIndex(unseen, 5),
      slidingWindowUcbIndex(unseen, 5)
    ]).toEqual(new Array(5).fill(Infinity))
  })
})

describe('an index policy', () => {
  it('follows each arm once, in order, before any twice', () => {
    const policy = ucb1(ARMS, {}, { routerId: 'r' })
    const order = ARMS.map(() => {
      const arm = propensitiesOf(policy).indexOf(1)
      policy.learn(creditOf(arm, 1))
      return arm
    })
    expect(order).toEqual([0, 1, 2, 3])
  })

  it('follows the first of equals', () => {
    const policy = ucb1(ARMS, {}, { routerId: 'r' })
    for (const [arm, reward] of [0.1, 0.6, 0.6, 0.6].entries()) policy.learn(creditOf(arm, reward))
    expect(propensitiesOf(policy)).toEqual([0, 1, 0, 0])
  })

  it('credits all that agree, or only the followed arm', () => {
    const credit = { ...creditOf(1, 0.7), agrees: Uint8Array.of(0, 1, 1, 0) }
    const weightsWith = (options: Parameters<typeof ucb1>[1]) => {
      const policy = ucb1(ARMS, options, { routerId: 'r' })
      policy.learn(credit)
      return policy.beliefs(CONTEXT).map(({ weight }) => weight)
    }
    expect(weightsWith({})).toEqual([0, 1, 1, 0])
    expect(weightsWith({ credit: 'own' })).toEqual([0, 1, 0, 0])
    expect(() => weightsWith({ credit: 'none' as 'own' })).toThrow(/credit must be one of shared, own, got "none"/)
  })

  it('explores more the larger its exploration', () => {
    const chosenWith = (exploration: number) => {
      const policy = ucb1(ARMS, { exploration }, { routerId: 'r' })
      for (const arm of ARMS.keys()) policy.learn(creditOf(arm, arm === 0 ? 0.9 : 0.5))
      for (let i = 0; i < 5; i++) policy.learn(creditOf(0, 0.9))
      return propensitiesOf(policy).indexOf(1)
    }
    expect([chosenWith(0), chosenWith(1)]).toEqual([0, 1])
    expect(() => chosenWith(NaN)).toThrow(/exploration/)
  })

  it('says of an arm that was never observed that it may be worth anything', () => {
    const [belief] = ucb1(ARMS, {}, { routerId: 'r' }).beliefs(CONTEXT)
    expect(belief).toEqual({ arm: 'a', workloadClass: 'interactive', mean: undefined, weight: 0, spread: 0.5 })
  })
})
