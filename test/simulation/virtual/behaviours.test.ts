import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import {
  absences,
  absent,
  answering,
  type Behaviour,
  changedSpeed,
  driftingRoundTrip,
  hiddenLoad,
  isWithin,
  misreporting,
  type PeerNature,
  placedRoundTrip,
  plainNature,
  present,
  slowStart,
  speedFlips,
  stalling,
  uniformRoundTrip
} from '../../../src/simulation/virtual/behaviours.ts'

const LOAD = { slots: 4, running: 3, queued: 2, tokensPerSecond: 40 }

function peer(...behaviours: readonly Behaviour[]): PeerNature {
  const claims = { models: ['m'], tokensPerSecond: 100, gpuModel: '', vramGb: 0, loadRatio: 0 }
  const plain = plainNature({ name: 'peer', tokensPerSecond: 100 }, { claims, roundTripMs: () => 40 })
  return behaviours.reduce((nature, behaviour) => behaviour(nature), plain)
}

const seconds = Array.from({ length: 4000 }, (_, i) => i * 1000)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('behaviours', () => {
  it('leave a plain peer as it should be', () => {
    const plain = peer()
    expect([plain.speed(0), plain.roundTripMs(0), plain.answer(0), plain.stallsAfter('job', 10)]).toEqual([
      1,
      40,
      'runs',
      Infinity
    ])
    expect(plain.report(LOAD)).toEqual(LOAD)
    expect(plain.away).toEqual([])
  })

  it('slow a peer down by chance, for the right share of the time, the same however often it is asked', () => {
    const make = () => peer(hiddenLoad(pcg32(3), { factor: 0.25, meanNormalMs: 60_000, meanSlowMs: 20_000 })).speed
    const speed = make()
    const inOrder = seconds.map((atMs) => speed(atMs))
    expect(new Set(inOrder)).toEqual(new Set([0.25, 1]))
    expect(mean(inOrder.map((factor) => Number(factor < 1)))).toBeCloseTo(0.25, 1)
    const asked = make()
    const backwards = seconds.toReversed().map((atMs) => asked(atMs))
    expect(backwards.toReversed()).toEqual(inOrder)
  })

  it('multiply speeds that come together', () => {
    const slowed = peer(changedSpeed(0.5, { fromMs: 10, toMs: 30 }), changedSpeed(0.2, { fromMs: 20, toMs: Infinity }))
    expect([0, 10, 20, 30].map((atMs) => slowed.speed(atMs))).toEqual([1, 0.5, 0.1, 0.2])
  })

  it('warm a peer up at the start and after every return', () => {
    const { speed } = peer(absent([{ fromMs: 500, toMs: 1000 }]), slowStart({ factor: 0.5, lastsMs: 100 }, 0))
    expect([-10, 0, 50, 100, 400, 1000, 1050, 1100].map((atMs) => speed(atMs))).toEqual([0.5, 0.5, 0.75, 1, 1, 0.5, 0.75, 1])
  })

  it('draw round trips between the bounds, and let them drift to a multiple', () => {
    const draw = uniformRoundTrip(pcg32(1), { min: 10, max: 20 })
    const drawn = Array.from({ length: 500 }, () => draw())
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...drawn)).toBeLessThan(20)
    expect(mean(drawn)).toBeCloseTo(15, 0)
    expect(uniformRoundTrip(pcg32(1), { min: 7, max: 7 })()).toBe(7)
    const drifting = peer(driftingRoundTrip(3, { fromMs: 100, toMs: 200 }))
    expect([0, 100, 150, 200, 900].map((atMs) => drifting.roundTripMs(atMs))).toEqual([40, 40, 80, 120, 120])
  })

  it('send a peer away for the share of the time that its uptime leaves', () => {
    const spans = absences(pcg32(5), { uptimeRatio: 0.75, cycleMs: 60_000 }, 4_000_000)
    expect(mean(seconds.map((atMs) => Number(isWithin(spans, atMs))))).toBeCloseTo(0.25, 1)
  })

  it('keep the share of the time with sessions of any shape, most of them short', () => {
    const spans = absences(pcg32(5), { uptimeRatio: 0.75, cycleMs: 60_000, shape: 0.5 }, 40_000_000)
    const away = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / (spans.at(-1)?.toMs ?? 0)
    expect(away).toBeCloseTo(0.25, 1)
    const sessions = spans.slice(1).map(({ fromMs }, i) => fromMs - spans[i].toMs)
    // The median of a Weibull distribution of shape ½ is (ln 2)² / 2 of its mean.
    expect(sessions.toSorted((a, b) => a - b)[sessions.length >> 1] / mean(sessions)).toBeCloseTo(Math.LN2 ** 2 / 2, 1)
    expect(spans[0].fromMs).toBeGreaterThanOrEqual(0)
  })

  it('make a peer fast or slow with even odds in every interval, the same however often it is asked', () => {
    const { speed } = peer(speedFlips(7, { factor: 5, everyMs: 1000 }))
    const drawn = seconds.map((atMs) => speed(atMs))
    expect(new Set(drawn)).toEqual(new Set([5, 0.2]))
    expect(mean(drawn.map((factor) => Number(factor > 1)))).toBeCloseTo(0.5, 1)
    expect(seconds.map((atMs) => speed(atMs + 999))).toEqual(drawn)
  })

  it('let a peer be there during given spans only', () => {
    const { away } = peer(
      present([
        { fromMs: 30, toMs: 40 },
        { fromMs: 10, toMs: 20 },
        { fromMs: 20, toMs: 25 }
      ])
    )
    expect([0, 9, 10, 24, 25, 29, 30, 39, 40, 1e9].map((atMs) => isWithin(away, atMs))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
      true
    ])
  })

  it('put every router at a place of its own', () => {
    const roundTripMs = placedRoundTrip(pcg32(1), [10, 200], 0.5)
    expect(roundTripMs(0, 0)).toBeLessThanOrEqual(15)
    expect(roundTripMs(0, 1)).toBeGreaterThanOrEqual(100)
    expect(placedRoundTrip(pcg32(1), [10, 200], 0)(0, 3)).toBe(200)
  })

  it('join absences that overlap or touch, whatever their order, so that the same moments are away', () => {
    const span = fc.tuple(fc.nat(50), fc.nat(10)).map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }))
    fc.assert(
      fc.property(fc.array(span), fc.array(span), (first, second) => {
        const { away } = peer(absent(first), absent(second))
        for (let atMs = -1; atMs < 62; atMs++) {
          const expected = [...first, ...second].some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
          expect(isWithin(away, atMs), `at ${atMs}`).toBe(expected)
        }
        for (const [i, { fromMs }] of away.entries()) {
          expect(fromMs, `absence ${i} begins after the one before`).toBeGreaterThan(away[i - 1]?.toMs ?? -1)
        }
      })
    )
  })

  it('change the answer for a while', () => {
    const { answer } = peer(
      answering({ failsAfterMs: 5 }, { fromMs: 10, toMs: 20 }),
      answering('nothing', { fromMs: 15, toMs: 30 })
    )
    expect([0, 10, 15, 25, 30].map((atMs) => answer(atMs))).toEqual(['runs', { failsAfterMs: 5 }, 'nothing', 'nothing', 'runs'])
  })

  it('stall the same share of the jobs every time, somewhere on their way', () => {
    const { stallsAfter } = peer(stalling(0.3, 1))
    const stalls = Array.from({ length: 1000 }, (_, i) => stallsAfter(`job-${i}`, 50))
    expect(stalls).toEqual(Array.from({ length: 1000 }, (_, i) => stallsAfter(`job-${i}`, 50)))
    const finite = stalls.filter((tokens) => tokens < Infinity)
    expect(finite.length / 1000).toBeCloseTo(0.3, 1)
    expect(Math.max(...finite)).toBeLessThan(50)
  })

  it('report another load and speed than there is', () => {
    expect(peer(misreporting({ loadFactor: 0, speedFactor: 4.5 })).report(LOAD)).toEqual({
      ...LOAD,
      running: 0,
      queued: 0,
      tokensPerSecond: 180
    })
  })
})
