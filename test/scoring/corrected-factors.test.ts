import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../src/peer/evidence.ts'
import { FACTOR_IDS, type FactorId } from '../../src/scoring/factor.ts'
import { FACTORS } from '../../src/scoring/factors.ts'
import { anyEvidence, NOTHING, usualEvidence } from './evidence-samples.ts'

const DAY_MS = 86_400_000

function score(id: FactorId, evidence: Evidence): number {
  return FACTORS[id].corrected(evidence).score
}

function pinged(rttMs: number, answeredRatio = 1): Evidence {
  return { ...NOTHING, roundTrip: { recentMs: rttMs, meanMs: rttMs, jitterMs: 0, answeredRatio, weight: 20 } }
}

function ran(tokensPerSecond: number, weight = 10): Evidence {
  return { ...NOTHING, outcomes: { successRatio: 1, weight, count: 10, tokensPerSecond, msPerWorkToken: 20 } }
}

function claiming(tokensPerSecond: number, gpuModel = ''): Evidence {
  return { ...NOTHING, claims: { models: [], tokensPerSecond, gpuModel, vramGb: 24, loadRatio: 0.5 } }
}

function stayed(days: number, uptimeRatio: number, departuresPerHour = 0): Evidence {
  return {
    ...NOTHING,
    knownForMs: days * DAY_MS,
    sessions: { uptimeRatio, observedMs: DAY_MS, departuresPerHour, connected: true }
  }
}

function loaded(running: number, inFlight = 0, ageMs = 0): Evidence {
  return { ...NOTHING, load: { slots: 4, running, queued: 0, tokensPerSecond: 30, ageMs }, inFlight }
}

describe.each(FACTOR_IDS)('corrected %s', (id) => {
  it('stays within its bounds for any evidence', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const value = FACTORS[id].corrected(evidence)
        expect(value.score >= 0 && value.score <= 100, `score ${value.score}`).toBe(true)
        expect(value.maturity >= 0 && value.maturity <= 1, `maturity ${value.maturity}`).toBe(true)
      }),
      { numRuns: 300 }
    )
  })

  it('is immature without evidence', () => {
    expect(FACTORS[id].corrected(NOTHING).maturity).toBe(0)
  })
})

type Change = (evidence: Evidence, figure: number) => Evidence

/** What makes each factor better: "rises" when more of the figure is better, "falls" when less of it is. */
const LAWS: readonly (readonly [figure: string, direction: 'rises' | 'falls', factors: readonly FactorId[], change: Change])[] = [
  ['meanMs', 'falls', ['latency'], (e, meanMs) => ({ ...e, roundTrip: { ...e.roundTrip, meanMs } })],
  ['recentMs', 'falls', ['latencyRecent'], (e, recentMs) => ({ ...e, roundTrip: { ...e.roundTrip, recentMs } })],
  [
    'answeredRatio',
    'rises',
    ['latency', 'latencyRecent'],
    (e, figure) => ({ ...e, roundTrip: { ...e.roundTrip, answeredRatio: figure / 10_000 } })
  ],
  ['jitterMs', 'falls', ['proximity'], (e, jitterMs) => ({ ...e, roundTrip: { ...e.roundTrip, jitterMs } })],
  [
    'uptimeRatio',
    'rises',
    ['uptime', 'uptimeConsistent', 'reputation', 'reliabilityLongevity'],
    (e, figure) => ({ ...e, sessions: { ...e.sessions, uptimeRatio: figure / 10_000 } })
  ],
  [
    'departuresPerHour',
    'falls',
    ['uptimeConsistent', 'reliability', 'reliabilityLongevity', 'reputation'],
    (e, departuresPerHour) => ({ ...e, sessions: { ...e.sessions, departuresPerHour } })
  ],
  ['knownForMs', 'rises', ['reputation', 'reliabilityLongevity'], (e, knownForMs) => ({ ...e, knownForMs: knownForMs * 1e6 })],
  [
    'successRatio',
    'rises',
    ['reliability', 'reliabilityLongevity'],
    (e, figure) => ({ ...e, outcomes: { ...e.outcomes, successRatio: figure / 10_000 } })
  ],
  [
    'observed tokensPerSecond',
    'rises',
    ['performance', 'performanceGpu', 'efficiency'],
    (e, tokensPerSecond) => ({ ...e, outcomes: { ...e.outcomes, tokensPerSecond } })
  ],
  [
    'running',
    'falls',
    ['headroom', 'performance', 'performanceGpu'],
    (e, running) => ({ ...e, load: { slots: 4000, queued: 0, tokensPerSecond: 1, ageMs: e.load?.ageMs ?? 0, running } })
  ],
  [
    'inFlight',
    'falls',
    ['headroom', 'performance', 'performanceGpu'],
    (e, inFlight) => ({ ...e, inFlight: Math.ceil(inFlight) + 1 })
  ],
  [
    'vramGb',
    'falls',
    ['efficiency'],
    (e, figure) => ({
      ...e,
      claims: { models: [], tokensPerSecond: 50, gpuModel: '', loadRatio: 0, ...e.claims, vramGb: 0.1 + figure }
    })
  ],
  [
    'claimed tokensPerSecond',
    'rises',
    ['performance', 'performanceGpu'],
    (e, figure) => ({
      ...e,
      outcomes: { ...e.outcomes, tokensPerSecond: undefined },
      claims: { models: [], gpuModel: '', loadRatio: 0, vramGb: 8, ...e.claims, tokensPerSecond: 0.1 + figure }
    })
  ]
]

describe('corrected factors', () => {
  const laws = LAWS.flatMap(([figure, direction, factors, change]) =>
    factors.map((id) => [id, direction, figure, change] as const)
  )

  it.each(laws)('%s never goes the wrong way when it %s with %s', (id, direction, _figure, change) => {
    const figure = fc.double({ min: 0, max: 10_000, noNaN: true })
    fc.assert(
      fc.property(usualEvidence, figure, figure, (evidence, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((value) => score(id, change(evidence, value)))
        const gain = direction === 'rises' ? high - low : low - high
        expect(gain, `from ${low} to ${high}`).toBeGreaterThanOrEqual(-1e-9)
      })
    )
  })

  it.each([
    [1, 100],
    [10, 100],
    [100, 50],
    [1000, 0],
    [5000, 0]
  ])('gives a round trip of %d ms %d points, as the README of the proof of concept says', (rttMs, points) => {
    expect(score('latency', pinged(rttMs))).toBeCloseTo(points, 9)
    expect(score('latencyRecent', pinged(rttMs))).toBeCloseTo(points, 9)
  })

  it('holds failed pings against the latency, all of it when none was answered', () => {
    expect(score('latency', pinged(10, 0.25))).toBeCloseTo(25, 9)
    const silent = { ...NOTHING, roundTrip: { ...NOTHING.roundTrip, answeredRatio: 0, weight: 5 } }
    expect(FACTORS.latency.corrected(silent)).toEqual({ score: 0, maturity: 0.625 })
  })

  it.each([
    [1, 0],
    [10, 100 / 3],
    [100, 200 / 3],
    [1000, 100],
    [9999, 100]
  ])('gives %d tokens/s %d points', (tokensPerSecond, points) => {
    expect(score('performance', ran(tokensPerSecond))).toBeCloseTo(points, 9)
  })

  it('takes load off the performance: up to 30 %, up to 20 % in the GPU form', () => {
    const full = { ...ran(1000), load: loaded(4).load }
    expect(score('performance', full)).toBeCloseTo(70, 9)
    expect(score('performanceGpu', full)).toBeCloseTo(80, 9)
  })

  it('matures a longevity in points: 20 days connected are 20 points, and so is more', () => {
    expect(score('reputation', stayed(0, 1))).toBeCloseTo(80, 9)
    expect(score('reputation', stayed(10, 1))).toBeCloseTo(90, 9)
    expect(score('reputation', stayed(20, 1))).toBeCloseTo(100, 9)
    expect(score('reputation', stayed(400, 1))).toBeCloseTo(100, 9)
  })

  it('gives room by the cube of the free share, own jobs in flight counted in', () => {
    expect(score('headroom', loaded(0))).toBe(100)
    expect(score('headroom', loaded(2))).toBeCloseTo(12.5, 9)
    expect(score('headroom', loaded(1, 1))).toBeCloseTo(12.5, 9)
    expect(score('headroom', loaded(9))).toBe(0)
  })

  it('trusts a load report half after ten seconds', () => {
    expect(FACTORS.headroom.corrected(loaded(1, 0, 10_000)).maturity).toBeCloseTo(0.5, 9)
  })

  it('knows its own jobs at a peer that never reports a load', () => {
    expect(FACTORS.headroom.corrected({ ...NOTHING, inFlight: 1 })).toEqual({ score: 12.5, maturity: 0.5 })
  })

  it('sees no steadiness in a single ping', () => {
    const once = { ...NOTHING, roundTrip: { ...pinged(10).roundTrip, weight: 1 } }
    expect(FACTORS.proximity.corrected(once).maturity).toBe(0)
  })

  it('judges reliability cautiously: one success of one is 50 points, ten of ten 91', () => {
    expect(score('reliability', ran(50, 1))).toBeCloseTo(50, 9)
    expect(score('reliability', ran(50, 10))).toBeCloseTo(100 / 1.1, 9)
  })
})

describe('claims', () => {
  it('change nothing once a speed was observed', () => {
    fc.assert(
      fc.property(usualEvidence, fc.double({ min: 0, noNaN: true }), (evidence, tokensPerSecond) => {
        const observed = { ...evidence, outcomes: { ...evidence.outcomes, tokensPerSecond: 30 } }
        const before = { ...observed, claims: claiming(1).claims }
        const after = { ...observed, claims: claiming(tokensPerSecond, 'H100').claims }
        for (const id of ['performance', 'performanceGpu', 'efficiency', 'reliability'] as const) {
          expect(FACTORS[id].corrected(after), id).toEqual(FACTORS[id].corrected(before))
        }
      })
    )
  })

  it('never score more than the same speed observed, and weigh no more', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (speed, weight) => {
          const claimed = FACTORS.performance.corrected(claiming(speed))
          const observed = FACTORS.performance.corrected({ ...ran(speed, weight), claims: claiming(speed).claims })
          expect(claimed.score).toBeLessThanOrEqual(observed.score + 1e-9)
          expect(claimed.maturity).toBeLessThanOrEqual(observed.maturity)
        }
      )
    )
  })

  it('cannot lift an unobserved peer above 75 points, whatever they say', () => {
    const boast = { ...claiming(1e9, 'H100'), claims: { ...claiming(1e9, 'H100').claims!, loadRatio: 0 } }
    for (const id of ['performance', 'performanceGpu', 'headroom'] as const) {
      expect(score(id, boast), id).toBeLessThanOrEqual(75)
    }
  })

  it('count only as far as jobs succeed', () => {
    const failing = { ...claiming(1000), outcomes: { ...NOTHING.outcomes, successRatio: 0, weight: 2, count: 2 } }
    expect(score('performance', failing)).toBe(0)
  })

  it('of a GPU help or harm by its memory bandwidth; an unknown name does neither', () => {
    const points = ['H100', 'RTX 4090', '', 'abacus', 'NVIDIA GeForce RTX 3080', 'gtx 1080'].map((gpu) =>
      score('performanceGpu', claiming(20, gpu))
    )
    expect(points[2]).toBe(points[3])
    expect(points).toEqual([...points].sort((a, b) => b - a))
    expect(new Set(points).size).toBe(5)
  })
})
