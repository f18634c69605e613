import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ForwardDecay } from '../../src/math/forward-decay.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'

const HOUR_MS = 3600_000

interface Event {
  readonly atMs: number
  readonly value: number
  readonly weight: number
}

function sumOf(events: readonly Event[], halfLifeMs = HOUR_MS): ForwardDecay {
  const sums = new ForwardDecay(1, halfLifeMs)
  for (const { atMs, value, weight } of events) sums.add([value], weight, atMs)
  return sums
}

const NOW_MS = 100 * HOUR_MS

function expectSame(actual: ForwardDecay, expected: ForwardDecay): void {
  const a = actual.read(NOW_MS)
  const e = expected.read(NOW_MS)
  expect(actual.count).toBe(expected.count)
  expectClose(a.weight / e.weight, 1, 1e-9, 'weight')
  expectClose(a.weightSquared / e.weightSquared, 1, 1e-9, 'weightSquared')
  // Values cancel; what rounding may cost is in proportion to what was added.
  expectClose(a.sum / e.weight, e.sum / e.weight, 1e-9, 'sum')
  expectClose(a.squares / e.weight, e.squares / e.weight, 1e-6, 'squares')
}

const event = fc.record({
  atMs: fc.integer({ min: 80 * HOUR_MS, max: NOW_MS }),
  value: fc.double({ min: -200, max: 200, noNaN: true }),
  weight: fc.double({ min: 0.1, max: 2, noNaN: true })
})
const shuffled = fc
  .array(event, { minLength: 1, maxLength: 40 })
  .chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }), fc.nat({ max: events.length }))
  )

describe('ForwardDecay', () => {
  interface Totals {
    W: number
    WR: number
    WRR: number
    W2: number
    mean: number
    ess: number
  }
  const known = knownAnswer<
    { half_life_s: number; now: number; events: number[][]; routerA: number[][]; routerB: number[][] },
    { merged: Totals; A: Totals; B: Totals }
  >('forward-decay-merge')
  const { inputs, expected, tolerance } = known
  const fromRows = (rows: number[][]) =>
    sumOf(
      rows.map(([t, value, weight]) => ({ atMs: t * 1000, value, weight })),
      inputs.half_life_s * 1000
    )

  it.each([
    ['all events', fromRows(inputs.events), expected.merged],
    ['one router', fromRows(inputs.routerA), expected.A],
    ['another router', fromRows(inputs.routerB), expected.B]
  ] as const)('has the known sums of %s', (_name, sums, totals) => {
    const { weight, weightSquared, sum, squares } = sums.read(inputs.now * 1000)
    expectClose(weight, totals.W, tolerance, 'W')
    expectClose(sum, totals.WR, tolerance, 'WR')
    expectClose(squares, totals.WRR, tolerance, 'WRR')
    expectClose(weightSquared, totals.W2, tolerance, 'W2')
    expectClose(sums.mean(), totals.mean, tolerance, 'mean')
    expectClose(sums.effectiveCount(sums.newestMs), totals.ess, tolerance, 'ess')
  })

  it('has the known sums after a merge', () => {
    const merged = fromRows(inputs.routerA)
    merged.merge(fromRows(inputs.routerB))
    expectClose(merged.read(inputs.now * 1000).weight, expected.merged.W, tolerance, 'W')
    expectClose(merged.mean(), expected.merged.mean, tolerance, 'mean')
  })

  it('gives the same sums in any order', () => {
    fc.assert(
      fc.property(shuffled, ([events, otherOrder]) => {
        expectSame(sumOf(otherOrder), sumOf(events))
      })
    )
  })

  it('gives the same sums however events are split between two and merged', () => {
    fc.assert(
      fc.property(shuffled, ([events, otherOrder, split]) => {
        const left = sumOf(otherOrder.slice(0, split))
        const right = sumOf(otherOrder.slice(split))
        right.merge(left)
        left.merge(sumOf(otherOrder.slice(split)))
        expectSame(left, sumOf(events))
        expectSame(right, sumOf(events))
      })
    )
  })

  it('is unchanged by a merge with nothing', () => {
    const sums = sumOf([{ atMs: 5, value: 0.3, weight: 1 }])
    const before = sums.state()
    sums.merge(new ForwardDecay(1, HOUR_MS))
    expect(sums.state()).toEqual(before)
  })

  it('halves weights with every half-life and keeps the mean', () => {
    const sums = sumOf([{ atMs: 0, value: 0.8, weight: 1 }])
    expect(sums.read(2 * HOUR_MS)).toEqual({
      weight: 0.25,
      weightSquared: 0.0625,
      sum: 0.2,
      squares: expect.closeTo(0.16) as number
    })
    expect(sums.mean()).toBe(0.8)
  })

  it('counts less and less while nothing new comes', () => {
    const sums = sumOf(Array.from({ length: 10 }, () => ({ atMs: 0, value: 1, weight: 1 })))
    expect([0, HOUR_MS, 2 * HOUR_MS].map((atMs) => sums.effectiveCount(atMs))).toEqual([10, 5, 2.5])
  })

  it('never scales up: times before the newest event read like the newest event', () => {
    const sums = sumOf([{ atMs: NOW_MS, value: 1, weight: 1 }])
    expect(sums.read(0).weight).toBe(1)
  })

  it('survives gaps of a thousand half-lives in both directions', () => {
    const sums = sumOf([
      { atMs: 1e6 * HOUR_MS, value: 0.5, weight: 1 },
      { atMs: 0, value: 1, weight: 1 },
      { atMs: 2e6 * HOUR_MS, value: 0.25, weight: 1 }
    ])
    expect(sums.mean()).toBe(0.25)
    expect(sums.effectiveCount(2e6 * HOUR_MS)).toBe(1)
    expect(sums.count).toBe(3)
  })

  it('never forgets with an infinite half-life', () => {
    const sums = sumOf(
      [
        { atMs: 0, value: 1, weight: 1 },
        { atMs: 1e12, value: 0, weight: 1 }
      ],
      Infinity
    )
    expect(sums.read(1e13).weight).toBe(2)
    expect(sums.mean()).toBe(0.5)
    expect(sums.variance()).toBe(0.25)
  })

  it('comes back from its JSON', () => {
    const sums = sumOf([{ atMs: 1, value: 0.1, weight: 0.7 }])
    const restored = ForwardDecay.restore(JSON.parse(JSON.stringify(sums.state())), 1, HOUR_MS)
    expect(restored.state()).toEqual(sums.state())
  })

  it.each([
    ['nothing', null],
    ['another width', { ...new ForwardDecay(2, HOUR_MS).state() }],
    ['NaN', { ...new ForwardDecay(1, HOUR_MS).state(), weight: NaN }],
    ['a number that JSON lost', { ...new ForwardDecay(1, HOUR_MS).state(), sums: [null] }],
    ['events without weight', { ...new ForwardDecay(1, HOUR_MS).state(), count: 3 }]
  ])('refuses to restore %s', (_name, state) => {
    expect(() => ForwardDecay.restore(state, 1, HOUR_MS)).toThrow(/decayed sums must be finite/)
  })

  it.each([
    ['a value', [NaN], 1, 0],
    ['a weight', [0], NaN, 0],
    ['a time', [0], 1, NaN]
  ])('refuses NaN for %s and stays as it was', (_name, values, weight, atMs) => {
    const sums = sumOf([{ atMs: 1, value: 0.5, weight: 1 }])
    const before = sums.state()
    expect(() => {
      sums.add(values, weight, atMs)
    }).toThrow(/got NaN/)
    expect(sums.state()).toEqual(before)
  })

  it('refuses a half-life of 0 and NaN', () => {
    for (const halfLifeMs of [0, NaN, -1]) expect(() => new ForwardDecay(1, halfLifeMs), `${halfLifeMs}`).toThrow(/halfLifeMs/)
  })
})
