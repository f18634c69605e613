import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Circumstances, rewardModel, type RewardModelOptions } from '../../src/bandit/reward-model.ts'

const MINUTE_MS = 60_000
const NOW_MS = 1_700_000_000_000

interface Seen extends Circumstances {
  readonly reward: number
}

const seen: fc.Arbitrary<Seen> = fc.record({
  peer: fc.constantFrom('p1', 'p2', '__proto__'),
  workloadClass: fc.constantFrom('interactive', 'batch'),
  inFlight: fc.nat({ max: 8 }),
  reward: fc.double({ min: 0, max: 1, noNaN: true }),
  atMs: fc.integer({ min: NOW_MS - 120 * MINUTE_MS, max: NOW_MS })
})

function modelOf(all: readonly Seen[], options: RewardModelOptions = {}) {
  const model = rewardModel(options)
  for (const { reward, ...circumstances } of all) model.observe(circumstances, reward)
  return model
}

function repeat(times: number, one: Seen): Seen[] {
  return new Array<Seen>(times).fill(one)
}

const good: Seen = { peer: 'good', workloadClass: 'batch', inFlight: 0, reward: 0.9, atMs: NOW_MS }
const bad: Seen = { ...good, peer: 'bad', reward: 0.1 }
const unknown: Circumstances = { ...good, peer: 'new' }

describe('rewardModel', () => {
  it('expects one half of an idle peer while it knows nothing', () => {
    expect(rewardModel().expected(unknown)).toBe(0.5)
  })

  it('expects something in [0, 1] of anybody', () => {
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 40 }), seen, (all, circumstances) => {
        const expected = modelOf(all).expected(circumstances)
        expect(expected >= 0 && expected <= 1, `got ${expected}`).toBe(true)
      })
    )
  })

  it('comes near the mean of a peer and class that was seen often', () => {
    expect(modelOf(repeat(300, good)).expected(good)).toBeCloseTo(0.9, 2)
  })

  it('expects of another class what the peer is worth, and of another peer what peers are worth', () => {
    const model = modelOf([...repeat(50, good), ...repeat(50, bad)])
    expect(model.expected({ ...good, workloadClass: 'interactive' })).toBeGreaterThan(0.85)
    expect(model.expected({ ...bad, workloadClass: 'interactive' })).toBeLessThan(0.15)
    expect(model.expected(unknown)).toBeCloseTo(0.5, 2)
  })

  it('is between what it saw of a peer and of the others when it saw the peer once', () => {
    const expected = modelOf([...repeat(100, { ...good, reward: 0.8 }), { ...good, peer: 'new', reward: 0 }]).expected(unknown)
    expect(expected).toBeGreaterThan(0.3)
    expect(expected).toBeLessThan(0.7)
  })

  it('expects less of a peer that has more to do, and learns how much less', () => {
    const busy = { ...good, inFlight: 7 }
    const costWhenTaught = (reward: number, times: number) => {
      const model = modelOf(Array.from({ length: times }, (_, i) => (i % 2 === 0 ? good : { ...busy, reward })))
      return model.expected(good) - model.expected(busy)
    }
    expect(costWhenTaught(0, 0), 'before anything was seen').toBeGreaterThan(0)
    expect(costWhenTaught(0.3, 400), 'taught that load costs 0.6').toBeCloseTo(0.6, 1)
    expect(costWhenTaught(0.9, 400), 'taught that load costs nothing').toBeCloseTo(0, 1)
  })

  it('forgets by age and goes back to one half', () => {
    const model = modelOf(repeat(20, good))
    const ages = [0, 60, 120, 240].map((minutes) => model.expected({ ...good, atMs: NOW_MS + minutes * MINUTE_MS }))
    expect(ages).toEqual([...ages].sort((a, b) => b - a))
    expect(ages[3]).toBeCloseTo(0.5, 3)
  })

  it('lets late outcomes count for what they would count had they come in time', () => {
    const old = { ...bad, peer: 'good', atMs: NOW_MS - 30 * MINUTE_MS }
    const late = modelOf([good, old]).expected(good)
    expect(late).toBeCloseTo(modelOf([old, good]).expected(good), 12)
  })

  it('drops a peer but not what it taught about peers', () => {
    const model = modelOf(repeat(50, good))
    model.forget('good')
    expect(model.expected(good)).toBe(model.expected(unknown))
    expect(model.expected(unknown)).toBeGreaterThan(0.8)
  })

  it('comes back from the JSON of its snapshot', () => {
    fc.assert(
      fc.property(fc.array(seen), seen, (all, circumstances) => {
        const model = modelOf(all)
        const restored = modelOf([good])
        restored.restore(JSON.parse(JSON.stringify(model.snapshot())))
        expect(restored.expected(circumstances)).toBe(model.expected(circumstances))
        expect(restored.snapshot()).toEqual(model.snapshot())
      })
    )
  })

  it.each([
    ['nothing', null, /got vundefined, expected v1/],
    ['another version', { version: 2 }, /got v2, expected v1/],
    ['no peers', { version: 1 }, /missing/]
  ])('refuses to restore %s and stays as it was', (_name, snapshot, text) => {
    const model = modelOf([good])
    const before = model.snapshot()
    expect(() => {
      model.restore(snapshot)
    }).toThrow(text)
    expect(model.snapshot()).toEqual(before)
  })

  it.each([NaN, -0.1, 1.1])('refuses a reward of %d', (reward) => {
    expect(() => {
      rewardModel().observe(good, reward)
    }).toThrow(/reward must be between 0 and 1/)
  })

  it('turns its options into a difference', () => {
    const expectedWith = (options: RewardModelOptions) =>
      modelOf([{ ...good, atMs: NOW_MS - 10 * MINUTE_MS }], options).expected(good)
    expect(expectedWith({ halfLifeMs: 60 * MINUTE_MS })).toBeGreaterThan(expectedWith({}))
    expect(expectedWith({ shrinkage: 1 })).toBeGreaterThan(expectedWith({}))
    for (const options of [{ halfLifeMs: 0 }, { halfLifeMs: NaN }, { shrinkage: -1 }, { shrinkage: NaN }]) {
      expect(() => rewardModel(options), JSON.stringify(options)).toThrow(/must be a finite number/)
    }
  })
})
