import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Credit, Policy } from '../../src/bandit/policy.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { ARMS, CONTEXT, creditOf, playRound, propensitiesOf } from '../bandit/support.ts'

export type MakePolicy = (arms: readonly string[], routerId: string) => Policy

const MINUTE_MS = 60_000

const credits: fc.Arbitrary<Credit[]> = fc.array(
  fc
    .record({
      arm: fc.nat({ max: ARMS.length - 1 }),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
      minutesAgo: fc.double({ min: 0, max: 600, noNaN: true }),
      workloadClass: fc.constantFrom('interactive', 'batch')
    })
    .map(({ arm, reward, minutesAgo, workloadClass }) =>
      creditOf(arm, reward, CONTEXT.atMs - minutesAgo * MINUTE_MS, workloadClass)
    ),
  { minLength: 1, maxLength: 60 }
)

function learned(make: MakePolicy, from: readonly Credit[], routerId = 'r1'): Policy {
  const policy = make(ARMS, routerId)
  for (const credit of from) policy.learn(credit)
  return policy
}

/** Beliefs rather than propensities: those of an index policy jump when rounding decides between equals. */
function expectSameBeliefs(actual: Policy, expected: Policy): void {
  const beliefs = actual.beliefs(CONTEXT)
  expected.beliefs(CONTEXT).forEach(({ arm, mean, weight, spread }, i) => {
    expect(beliefs[i].mean ?? -1, `mean of ${arm}`).toBeCloseTo(mean ?? -1, 8)
    expect(beliefs[i].weight, `weight of ${arm}`).toBeCloseTo(weight, 7)
    expect(beliefs[i].spread, `spread of ${arm}`).toBeCloseTo(spread, 7)
  })
}

const thriceA = [creditOf(0, 1), creditOf(1, 0.2), creditOf(0, 0.9)]

/** What every policy owes those who use it. `make` makes a policy that nothing was learned by yet. */
export function policyContract(name: string, make: MakePolicy): void {
  describe(`${name} as a policy`, () => {
    describePropensities(make)
    describeSnapshots(make)

    it('believes the same in whatever order it learns', () => {
      const orders = credits.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
      fc.assert(
        fc.property(orders, ([all, shuffled]) => {
          expectSameBeliefs(learned(make, shuffled), learned(make, all))
        })
      )
    })

    it.each([
      ['a reward that is NaN', { reward: NaN }],
      ['a reward above 1', { reward: 1.1 }],
      ['an arm that does not exist', { arm: ARMS.length }],
      ['a time that is NaN', { decidedAtMs: NaN }],
      ['a pseudo-reward that is NaN', { pseudoRewards: Float64Array.of(0, NaN, 0, 0) }],
      ['credit for other arms', { pseudoRewards: new Float64Array(3) }]
    ] as const)('refuses %s and stays as it was', (_name, wrong) => {
      const policy = learned(make, thriceA)
      const before = JSON.stringify(policy.snapshot())
      expect(() => {
        policy.learn({ ...creditOf(0, 1), ...wrong })
      }).toThrow(/credit/)
      expect(JSON.stringify(policy.snapshot())).toBe(before)
    })

    it('refuses no arms and arms of the same name', () => {
      expect(() => make([], 'r1')).toThrow(/arms? must/)
      expect(() => make(['a', 'a'], 'r1')).toThrow(/arms must be one or more different names, got \[a, a\]/)
    })
  })
}

function describePropensities(make: MakePolicy): void {
  it('gives probabilities that sum to 1', () => {
    fc.assert(
      fc.property(credits, (all) => {
        const propensities = propensitiesOf(learned(make, all))
        expect(propensities.every((p) => p >= 0 && p <= 1)).toBe(true)
        expect(Math.abs(propensities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12)
      })
    )
  })

  it('does not change by being read', () => {
    const policy = learned(make, thriceA)
    const before = JSON.stringify(policy.snapshot())
    const first = propensitiesOf(policy)
    propensitiesOf(policy, { workloadClass: 'never seen', atMs: CONTEXT.atMs + 24 * 60 * MINUTE_MS })
    policy.beliefs(CONTEXT)
    expect(propensitiesOf(policy)).toEqual(first)
    expect(JSON.stringify(policy.snapshot())).toBe(before)
  })

  it('finds the clearly best of four arms within 2000 rounds', () => {
    const policy = make(ARMS, 'r1')
    const world = { recommend: () => ARMS, worth: { a: 0.9, b: 0.4, c: 0.5, d: 0.3 } }
    const rng = pcg32(11n)
    let share = 0
    for (let round = 0; round < 2000; round++) {
      const atMs = CONTEXT.atMs + round * 1000
      policy.learn(playRound(policy, world, rng, atMs))
      if (round >= 1800) share += propensitiesOf(policy, { ...CONTEXT, atMs })[0] / 200
    }
    expect(share).toBeGreaterThan(0.8)
  })
}

function describeSnapshots(make: MakePolicy): void {
  const copy = (policy: Policy) => JSON.parse(JSON.stringify(policy.snapshot())) as ReturnType<Policy['snapshot']>

  it.each(['r1', 'r2'])('comes back from its snapshot as router %s', (routerId) => {
    fc.assert(
      fc.property(credits, (all) => {
        const policy = learned(make, all)
        const fresh = make(ARMS, routerId)
        fresh.merge(copy(policy))
        expect(propensitiesOf(fresh)).toEqual(propensitiesOf(policy))
        expect(fresh.beliefs(CONTEXT)).toEqual(policy.beliefs(CONTEXT))
      })
    )
  })

  it('learns on from its own snapshot as if it had never stopped', () => {
    fc.assert(
      fc.property(credits, credits, (before, after) => {
        const restarted = make(ARMS, 'r1')
        restarted.merge(copy(learned(make, before)))
        for (const credit of after) restarted.learn(credit)
        expectSameBeliefs(restarted, learned(make, [...before, ...after]))
      })
    )
  })

  it('knows after a merge what two routers learned, whichever way round, and not more after a second one', () => {
    fc.assert(
      fc.property(credits, credits, (mine, theirs) => {
        const here = learned(make, mine, 'r1')
        const there = learned(make, theirs, 'r2')
        const snapshots = [copy(here), copy(there)]
        here.merge(snapshots[1])
        there.merge(snapshots[0])
        expectSameBeliefs(here, learned(make, [...mine, ...theirs]))
        expectSameBeliefs(there, here)
        const before = copy(here)
        for (const snapshot of [...snapshots, copy(there), before]) here.merge(snapshot)
        expect(copy(here)).toEqual(before)
      })
    )
  })

  it('keeps the newer of two versions of what a router learned', () => {
    const source = learned(make, [creditOf(0, 0.2)], 'r2')
    const older = copy(source)
    source.learn(creditOf(1, 0.7))
    const target = make(ARMS, 'r1')
    target.merge(copy(source))
    target.merge(older)
    expectSameBeliefs(target, source)
  })

  it('refuses the snapshot of another kind, version or set of arms and stays as it was', () => {
    const policy = learned(make, thriceA)
    const snapshot = copy(policy)
    const { version } = snapshot
    const wrong = [
      [{ ...snapshot, policy: 'other' }, /got one of "other"/],
      [{ ...snapshot, version: version + 1 }, new RegExp(`got v${version + 1}, expected v${version}`)],
      [copy(make([...ARMS].reverse(), 'r1')), /got arms \[d, c, b, a\], expected \[a, b, c, d\]/],
      [{ ...snapshot, state: null }, /got arms \[\]/]
    ] as const
    for (const [bad, text] of wrong) {
      expect(() => {
        policy.merge(bad)
      }, String(text)).toThrow(text)
      expect(() => {
        policy.merge(bad)
      }, String(text)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT' }) as Error)
    }
    expect(copy(policy)).toEqual(snapshot)
  })
}
