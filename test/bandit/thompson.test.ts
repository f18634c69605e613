import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { creditFor } from '../../src/bandit/credit.ts'
import type { Credit, Policy, PolicyContext } from '../../src/bandit/policy.ts'
import { thompson, type ThompsonOptions } from '../../src/bandit/thompson.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { ARMS, CONTEXT, creditOf, playRound, propensitiesOf, type World } from './support.ts'

const HOUR_MS = 3600_000
const HALF_LIFE_MS = 6 * HOUR_MS

function make(options: ThompsonOptions = {}): Policy {
  return thompson(ARMS, options, { routerId: 'r1' })
}

/**
 * Credit as if every arm's reward had been seen: `rewards` with a little of a deviation either way, half of the arms up while the others
 * are down: what all have in common would drop out.
 */
function fullCredit(rewards: readonly number[], turn: number, { workloadClass, atMs }: PolicyContext = CONTEXT): Credit {
  const pseudoRewards = Float64Array.from(rewards, (reward, arm) => reward + ((turn + arm) % 2 === 0 ? 0.1 : -0.1))
  return { ...creditOf(0, 0.5, atMs, workloadClass), pseudoRewards }
}

function taught(
  rewards: readonly number[],
  times: number,
  context: PolicyContext = CONTEXT,
  options: ThompsonOptions = {}
): Policy {
  const policy = make(options)
  teach(policy, rewards, times, context)
  return policy
}

function teach(policy: Policy, rewards: readonly number[], times: number, context: PolicyContext = CONTEXT): void {
  for (let turn = 0; turn < times; turn++) policy.learn(fullCredit(rewards, turn, context))
}

const NEARLY_EQUAL = [0.55, 0.5, 0.5, 0.5]
const A_BEST = [0.8, 0.4, 0.4, 0.4]
const B_BEST = [0.4, 0.8, 0.4, 0.4]
const batch: PolicyContext = { ...CONTEXT, workloadClass: 'batch' }

describe('thompson', () => {
  it('gives equal chances while nothing is known', () => {
    for (const p of propensitiesOf(make())) expect(p).toBeCloseTo(0.25, 12)
  })

  it('never gives an arm less than the floor, which falls to half a percent', () => {
    expect(Math.min(...propensitiesOf(taught(A_BEST, 400)))).toBeCloseTo(0.016, 6)
    const late = propensitiesOf(taught(A_BEST, 3000))
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0.005)
    expect(late[0]).toBeCloseTo(1 - 3 * 0.005, 6)
  })

  it('gives a class without evidence the choice of the pool, and lets it go its own way later', () => {
    const policy = taught(A_BEST, 200, batch)
    expect(propensitiesOf(policy)[0], 'as the pool').toBeGreaterThan(0.9)
    teach(policy, B_BEST, 200)
    expect(propensitiesOf(policy)[1], 'as its own evidence').toBeGreaterThan(0.9)
    expect(propensitiesOf(policy, batch)[0], 'and the other class stays').toBeGreaterThan(0.9)
  })

  it('counts the pool for no more than its weight however much there is', () => {
    const options = { poolWeight: 30, startFloor: 0.005, minFloor: 0.005 }
    const chances = [30, 300, 30_000].map((times) => propensitiesOf(taught(NEARLY_EQUAL, times, batch, options))[0])
    expect(chances).toEqual([...chances].sort((a, b) => a - b))
    const ofOwn = (times: number) => propensitiesOf(taught(NEARLY_EQUAL, times, CONTEXT, options))[0]
    expect(chances[2], 'as so many observations of its own').toBeCloseTo(ofOwn(30), 3)
    expect(chances[2]).toBeLessThan(0.9)
    expect(ofOwn(30_000), 'against as much evidence of its own').toBeGreaterThan(0.98)
  })

  it('does not count a class twice when it is the only one', () => {
    const alone = make()
    const unpooled = make({ poolWeight: 1e-9 })
    for (const policy of [alone, unpooled]) teach(policy, NEARLY_EQUAL, 50)
    propensitiesOf(alone).forEach((p, i) => {
      expect(p, ARMS[i]).toBeCloseTo(propensitiesOf(unpooled)[i], 9)
    })
  })

  it('becomes unsure as evidence ages and none comes in its place', () => {
    const policy = taught(NEARLY_EQUAL, 100)
    const chances = [0, 2, 4, 40].map((halfLives) => {
      return propensitiesOf(policy, { ...CONTEXT, atMs: CONTEXT.atMs + halfLives * HALF_LIFE_MS })[0]
    })
    expect(chances).toEqual([...chances].sort((a, b) => b - a))
    expect(chances[3]).toBeCloseTo(0.25, 3)
    const spreads = [0, 2].map((halfLives) => {
      return policy.beliefs({ ...CONTEXT, atMs: CONTEXT.atMs + halfLives * HALF_LIFE_MS })[0].spread
    })
    expect(spreads[1]).toBeGreaterThan(1.5 * spreads[0])
  })

  it('answers the same whatever was asked before', () => {
    const times = fc.array(fc.integer({ min: 0, max: 10 * HALF_LIFE_MS }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(times, (elapsed) => {
        const asked = taught(NEARLY_EQUAL, 20)
        for (const elapsedMs of elapsed) {
          const context = { ...CONTEXT, atMs: CONTEXT.atMs + elapsedMs }
          expect(propensitiesOf(asked, context)).toEqual(propensitiesOf(taught(NEARLY_EQUAL, 20), context))
        }
      }),
      { numRuns: 30 }
    )
  })

  it('follows a change of the best arm', () => {
    const policy = taught(A_BEST, 300)
    const later = { ...CONTEXT, atMs: CONTEXT.atMs + 3 * HALF_LIFE_MS }
    teach(policy, B_BEST, 300, later)
    expect(propensitiesOf(policy, later)[1]).toBeGreaterThan(0.9)
  })

  it('keeps pseudo-rewards outside [0, 1] as they are, and shows beliefs inside', () => {
    const policy = make()
    policy.learn({ ...creditOf(0, 0.5), pseudoRewards: Float64Array.of(-199, 200, 0.5, 0.5) })
    // Over their mean, 0.5; then the reward itself.
    const sums = [-199.5, 199.5, 0, 0, 0.5]
    expect(policy.snapshot().state).toMatchObject({ slots: [{ classes: [['interactive', { sums }]] }] })
    expect(policy.beliefs(CONTEXT).map(({ mean }) => mean)).toEqual([0, 1, 0.5, 0.5])
  })

  it('believes nothing before any evidence, and what the pool says without evidence of the class', () => {
    expect(make().beliefs(CONTEXT)[0]).toMatchObject({ arm: 'a', mean: undefined, weight: 0 })
    const [belief] = taught(A_BEST, 100, batch).beliefs(CONTEXT)
    expect(belief.weight).toBe(0)
    expect(belief.mean).toBeGreaterThan(0.7)
  })

  it('holds about 95 % of the means it is taught within the spread', () => {
    const rng = pcg32(3n)
    const means = [0.75, 0.6, 0.6, 0.45]
    let inside = 0
    for (let run = 0; run < 400; run++) {
      const policy = make()
      for (let i = 0; i < 50; i++) {
        // Rewards are those of the arms on average; that level is taken as it is, the spread is that of what an arm adds to it.
        policy.learn({ ...creditOf(0, 0.6), pseudoRewards: Float64Array.from(means, (mean) => (rng.next() < mean ? 1 : 0)) })
      }
      const beliefs = policy.beliefs(CONTEXT)
      inside += beliefs.filter(({ mean, spread }, i) => Math.abs((mean ?? NaN) - means[i]) < spread).length
    }
    expect(inside / 1600).toBeGreaterThan(0.92)
    expect(inside / 1600).toBeLessThan(0.98)
  })

  it('does not mind what makes a job easy or hard for every arm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 20, maxLength: 20 }), (shifts) => {
        const policy = make()
        shifts.forEach((shift, turn) => {
          const credit = fullCredit(NEARLY_EQUAL, turn)
          policy.learn({ ...credit, pseudoRewards: credit.pseudoRewards.map((value) => value + shift) })
        })
        const expected = propensitiesOf(taught(NEARLY_EQUAL, 20))
        propensitiesOf(policy).forEach((p, i) => {
          expect(p, ARMS[i]).toBeCloseTo(expected[i], 9)
        })
      })
    )
  })

  it('shows beliefs at the level of the rewards of the class', () => {
    for (const reward of [0.2, 0.6]) {
      const policy = make()
      for (let turn = 0; turn < 200; turn++) policy.learn({ ...fullCredit([0.6, 0.5, 0.5, 0.4], turn), reward })
      const [a, b, , d] = policy.beliefs(CONTEXT).map(({ mean }) => mean)
      expect(a, `a, level ${reward}`).toBeCloseTo(reward + 0.1, 2)
      expect(b, `b, level ${reward}`).toBeCloseTo(reward, 2)
      expect(d, `d, level ${reward}`).toBeCloseTo(reward - 0.1, 2)
    }
  })
})

describe('thompson with an arm to fall back to', () => {
  it('starts with that arm, and leaves it when another is better', () => {
    const [first, ...others] = propensitiesOf(make({ fallbackArm: 'a' }))
    expect(first).toBeGreaterThan(0.35)
    for (const p of others) expect(p).toBeCloseTo((1 - first) / 3, 9)
    expect(propensitiesOf(taught(B_BEST, 200, CONTEXT, { fallbackArm: 'a' }))[1]).toBeGreaterThan(0.9)
  })

  it('keeps to it the longer the more the prior weighs, and the more so the further it is ahead', () => {
    const chance = (options: ThompsonOptions) => propensitiesOf(taught(NEARLY_EQUAL, 4, CONTEXT, options))[3]
    const byWeight = [1, 4, 16].map((priorWeight) => chance({ fallbackArm: 'd', priorWeight }))
    expect(byWeight).toEqual([...byWeight].sort((a, b) => a - b))
    const byLead = [0, 0.1, 0.3].map((fallbackLead) => chance({ fallbackArm: 'd', fallbackLead }))
    expect(byLead).toEqual([...byLead].sort((a, b) => a - b))
    expect(byLead[0], 'no lead').toBe(chance({}))
  })

  it.each([{ fallbackArm: 'x' }, { fallbackLead: 1.5 }, { fallbackLead: NaN }, { priorWeight: 0 }, { priorWeight: NaN }])(
    'refuses %o',
    (options) => {
      expect(() => make(options)).toThrow(/must be/)
    }
  )
})

describe('thompson with outcomes that come late', () => {
  const world: World = {
    recommend: (rng) => (rng.next() < 0.5 ? ['x', 'x', 'y', 'z'] : ['x', 'y', 'y', 'x']),
    worth: { x: 0.7, y: 0.4, z: 0.5 }
  }

  it('ends up where it would have with outcomes in order', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 32n }), fc.integer({ min: 1, max: 200 }), (seed, rounds) => {
        const rng = pcg32(seed)
        const source = make()
        // Decisions of a policy that hears of outcomes at once; another hears of them after random delays.
        const credits = Array.from({ length: rounds }, (_, round) => {
          const credit = playRound(source, world, rng, CONTEXT.atMs + round * 60_000)
          source.learn(credit)
          return { credit, arrivalMs: credit.decidedAtMs - Math.log(1 - rng.next()) * 3600_000 }
        })
        const delayed = make()
        for (const { credit } of credits.toSorted((a, b) => a.arrivalMs - b.arrivalMs)) delayed.learn(credit)
        const expected = propensitiesOf(source)
        propensitiesOf(delayed).forEach((p, i) => {
          expect(Math.abs(p - expected[i]), `arm ${ARMS[i]}`).toBeLessThan(1e-9)
        })
      }),
      { numRuns: 50 }
    )
  })

  it('prefers the arm that is best on average although two agree half of the time', () => {
    const policy = make()
    const rng = pcg32(9n)
    const pending: Credit[] = []
    for (let round = 0; round < 2000; round++) {
      pending.push(playRound(policy, world, rng, CONTEXT.atMs + round * 1000))
      if (pending.length > 25) policy.learn(pending.splice(Math.floor(rng.next() * pending.length), 1)[0])
    }
    expect(propensitiesOf(policy, { ...CONTEXT, atMs: CONTEXT.atMs + 2000_000 })[0]).toBeGreaterThan(0.8)
  })
})

describe('thompson options', () => {
  const afterHours = { ...CONTEXT, atMs: CONTEXT.atMs + 12 * HOUR_MS }

  it.each([
    ['halfLifeMs', { halfLifeMs: HOUR_MS }],
    ['halfLifeMs of Infinity', { halfLifeMs: Infinity }],
    ['poolWeight', { poolWeight: 10 }],
    ['minFloor', { minFloor: 0.1 }],
    ['startFloor', { startFloor: 0.1 }],
    ['floorRounds', { floorRounds: 200 }]
  ] as const)('%s makes a difference', (_name, options) => {
    const answer = (given: ThompsonOptions) => {
      const policy = taught(NEARLY_EQUAL, 30, CONTEXT, given)
      teach(policy, NEARLY_EQUAL, 100, batch)
      return propensitiesOf(policy, afterHours)[0]
    }
    expect(Math.abs(answer(options) - answer({}))).toBeGreaterThan(1e-3)
  })

  it('takes a floor above an equal share for an equal share', () => {
    for (const p of propensitiesOf(taught(A_BEST, 50, CONTEXT, { minFloor: 0.9 }))) expect(p).toBeCloseTo(0.25, 12)
  })

  it.each([{ halfLifeMs: 0 }, { halfLifeMs: NaN }, { poolWeight: 0 }, { poolWeight: NaN }, { minFloor: 2 }, { startFloor: NaN }])(
    'refuses %o',
    (options) => {
      expect(() => make(options)).toThrow(/must be/)
    }
  )

  it('refuses a slot whose sums are none', () => {
    const slots = [{ router: 'x', version: 1, classes: [['interactive', { weight: NaN }]] }]
    for (const state of [{ slots }, { slots: [null] }, { slots: 'none' }, {}]) {
      expect(() => {
        make().merge({ ...make().snapshot(), state: { arms: [...ARMS], ...state } })
      }, JSON.stringify(state)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT' }) as Error)
    }
  })

  it('refuses what the version before wrote, whose sums were not over the mean', () => {
    expect(() => {
      make().merge({ ...make().snapshot(), version: 1 })
    }).toThrow(/got v1, expected v2/)
  })
})

describe('thompson on decisions as the selector logs them', () => {
  it('updates every arm from one outcome', () => {
    const policy = make()
    const votes = ARMS.map((arm, i) => ({ arm, peer: i < 2 ? 'x' : 'y', propensity: 0.25, expectedReward: i < 2 ? 0.6 : 0.3 }))
    policy.learn(creditFor({ id: 'd', workloadClass: 'interactive', atMs: CONTEXT.atMs, votes, arm: 'b', peer: 'x' }, 1))
    // Doubly robust: 0.6 + 0.4 / 0.5 for the two that recommended x and 0.3 for the others; 0.85 on average.
    const advantages = [0.6 + 0.4 / 0.5 - 0.85, 0.6 + 0.4 / 0.5 - 0.85, 0.3 - 0.85, 0.3 - 0.85]
    const sums = { sums: [...advantages.map((advantage) => expect.closeTo(advantage, 12) as number), 1], count: 1 }
    expect(policy.snapshot().state).toMatchObject({ slots: [{ router: 'r1', version: 1, classes: [['interactive', sums]] }] })
  })
})
