import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { weibull } from '../../../src/math/draw.ts'
import { fitGpus, fitRoundTrips, fitUptimes, weibullShape } from '../../../src/simulation/workload/fit-fleet.ts'
import { quantileAt } from '../../../src/simulation/workload/workload-parameters.ts'

describe('weibullShape', () => {
  it.each([0.4, 1, 3])('finds the shape %d that lengths were drawn from, though a third was cut off', (shape) => {
    const rng = pcg32(1)
    const sessions = Array.from({ length: 20_000 }, () => {
      const length = weibull(rng, 1000, shape)
      const cutOff = weibull(rng, 2000, shape)
      return { length: Math.min(length, cutOff), ended: length <= cutOff }
    })
    expect(weibullShape(sessions) / shape).toBeCloseTo(1, 1)
  })

  it.each([
    [[{ length: 1, ended: true }]],
    [
      [
        { length: 1, ended: true },
        { length: 2, ended: false }
      ]
    ],
    [
      [
        { length: 0, ended: true },
        { length: 2, ended: true }
      ]
    ]
  ])('refuses %j', (sessions) => {
    expect(() => weibullShape(sessions)).toThrow(/sessions must be longer than 0, with two that ended and differ/)
  })
})

describe('the fit of a fleet', () => {
  it('takes the most frequent GPUs and their shares among themselves', () => {
    const gpu = (name: string, count: number) => ({ gpu: name, count, vramGb: 8, bandwidthGbs: 400 })
    expect(fitGpus([gpu('a', 10), gpu('b', 30), gpu('c', 1)], 2)).toEqual([
      { gpu: 'b', vramGb: 8, bandwidthGbs: 400, share: 0.75 },
      { gpu: 'a', vramGb: 8, bandwidthGbs: 400, share: 0.25 }
    ])
  })

  it('takes medians of links and how far they go from them', () => {
    const link = (scale: number) => Array.from({ length: 101 }, (_, i) => scale * (1 + i / 100))
    const { medianMs, lowRatio, highRatio } = fitRoundTrips([link(10), link(100), link(20)])
    expect(quantileAt(medianMs, 0.5)).toBeCloseTo(30, 9)
    expect(quantileAt(medianMs, 1)).toBeCloseTo(150, 9)
    expect([lowRatio, highRatio]).toEqual([expect.closeTo(1.1 / 1.5, 9), expect.closeTo(1.9 / 1.5, 9)])
  })

  it('counts a host as long as it was there', () => {
    const table = fitUptimes([
      { present: 75, lifetime: 100 },
      { present: 25, lifetime: 250 }
    ])
    expect([0.2, 0.3, 1].map((p) => quantileAt(table, p))).toEqual([0.1, 0.75, 0.75])
  })
})
