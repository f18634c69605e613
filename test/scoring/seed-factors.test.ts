import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SeedMetrics, SeedPing } from '../../src/peer/seed-metrics.ts'
import type { FactorId } from '../../src/scoring/factor.ts'
import { FACTORS } from '../../src/scoring/factors.ts'
import { durationNs, hours, power, wholeMs } from '../../src/scoring/go-arithmetic.ts'

const HOUR_MS = 3_600_000

const NEW_PEER: SeedMetrics = {
  pings: [],
  onlineRecords: [],
  connections: 0,
  disconnections: 0,
  firstSeenMs: 0,
  resource: { tokensThroughput: 0, load: 0, vramGb: 0, gpuModel: '' }
}

function seed(id: FactorId, metrics: Partial<SeedMetrics>, nowMs = 0): number {
  return FACTORS[id].seed({ ...NEW_PEER, ...metrics }, nowMs)
}

function pings(...rtts: readonly (number | 'failed')[]): { readonly pings: readonly SeedPing[] } {
  return { pings: rtts.map((rtt) => (rtt === 'failed' ? { rttMs: 0, ok: false } : { rttMs: rtt, ok: true })) }
}

function online(marks: string): { readonly onlineRecords: readonly boolean[] } {
  return { onlineRecords: [...marks].map((mark) => mark === '+') }
}

function says(tokensThroughput: number, load: number, gpuModel = '', vramGb = 0): Pick<SeedMetrics, 'resource'> {
  return { resource: { tokensThroughput, load, vramGb, gpuModel } }
}

describe('seed factors', () => {
  const cases: readonly (readonly [what: string, id: FactorId, metrics: Partial<SeedMetrics>, nowMs: number, score: number])[] = [
    ['10 ms is 99, not the 100 of the README', 'latency', pings(10), 0, 99],
    ['100 ms is 90, not 50', 'latency', pings(100), 0, 90],
    ['1 s is 0', 'latency', pings(1000), 0, 0],
    ['nothing below a millisecond counts', 'latency', pings(0.9, 0.99), 0, 100],
    ['a mean of 10.9 ms is 10 ms', 'latency', pings(10.8, 11), 0, 99],
    ['failed pings cost nothing', 'latency', pings('failed', 'failed', 'failed', 100), 0, 90],
    ['no answered ping is 0', 'latency', pings('failed'), 0, 0],
    ['a recent ping counts more: (0.9·100 + 200) / 1.9 = 152', 'latencyRecent', pings(100, 200), 0, 100 - 152 / 5],
    [
      'a failed ping ages the others',
      'latencyRecent',
      pings(100, 'failed', 200),
      0,
      100 - Math.trunc((0.81 * 100 + 200) / 1.81) / 5
    ],
    ['500 ms is 0', 'latencyRecent', pings(500), 0, 0],
    ['uptime counts records, not time', 'uptime', online('+-++'), 0, 75],
    ['no record is 0', 'uptime', online(''), 0, 0],
    ['fewer than ten records have no bonus', 'uptimeConsistent', online('-'), 0, 0],
    ['100 tokens/s idle is 100', 'performance', says(100, 0), 0, 100],
    ['150 tokens/s is no better', 'performance', says(150, 0), 0, 100],
    ['a load of 2 takes points off', 'performance', says(100, 2), 0, 40],
    ['the advanced form takes a load of 2 for one of 0', 'performanceGpu', says(100, 2), 0, 100],
    ['an RTX 3080 is worse than an unknown GPU', 'performanceGpu', says(50, 1, 'RTX 3080'), 0, 36],
    ['an unknown GPU is an RTX 3090', 'performanceGpu', says(50, 1, 'H100'), 0, 40],
    ['GPU names must match to the letter', 'performanceGpu', says(50, 1, 'rtx 4090'), 0, 40],
    ['a peer that never reconnected is 0', 'reliability', { connections: 0 }, 0, 0],
    ['one connection and one disconnection is 0', 'reliability', { connections: 1, disconnections: 1 }, 0, 0],
    ['one disconnection of four', 'reliability', { connections: 4, disconnections: 1 }, 0, 75],
    ['more disconnections than connections are not below 0', 'reliability', { connections: 1, disconnections: 3 }, 0, 0],
    [
      'ten days make a reliability of 1099 and more',
      'reliabilityLongevity',
      { connections: 2 },
      240 * HOUR_MS,
      (1 + 10 - (2 / 240) * 0.1) * 100
    ],
    ['a peer first seen just now is penalised by 0.2', 'reliabilityLongevity', { connections: 1 }, 0, 80],
    ['one ping is perfect proximity', 'proximity', pings(300), 0, 100],
    ['variance in ms²', 'proximity', pings(10, 14), 0, 96],
    ['a variance of 100 or more is 0', 'proximity', pings(10, 40), 0, 0],
    ['idle', 'headroom', says(0, 0), 0, 100],
    ['half loaded', 'headroom', says(0, 0.5), 0, 12.5],
    ['a load of 2 is below 0', 'headroom', says(0, 2), 0, -100],
    ['10 tokens/s a GB is 100', 'efficiency', says(80, 0, '', 8), 0, 100],
    ['no memory counts as 1 GB', 'efficiency', says(5, 0, '', 0), 0, 50],
    ['longevity in days and half for stability', 'reputation', { connections: 2, disconnections: 1 }, 48 * HOUR_MS, 27],
    ['at most 70', 'reputation', { connections: 1 }, 1e6 * HOUR_MS, 70],
    ['below 0 for a peer that left more often than it came', 'reputation', { connections: 1, disconnections: 3 }, 0, -100]
  ]

  it.each(cases)('%s (%s)', (...[, id, metrics, nowMs, score]) => {
    expect(seed(id, metrics, nowMs)).toBe(score)
  })

  it('the consistency bonus is ten points once a fifth of ten or more records is one run', () => {
    const weights = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((age) => 0.95 ** age)
    const share = (100 * (weights[0] + weights[1])) / weights.reduce((sum, weight) => sum + weight, 0)
    expect(seed('uptimeConsistent', online('++--------'))).toBeCloseTo(share + 10, 9)
    expect(seed('uptimeConsistent', online('+---------'))).toBeCloseTo(
      (100 * weights[0]) / weights.reduce((a, b) => a + b, 0) + 5,
      9
    )
    expect(seed('uptimeConsistent', online('++++++++++'))).toBe(100)
  })

  it('equal their closed forms for any metrics', () => {
    const figure = fc.double({ min: 0, max: 1000, noNaN: true })
    fc.assert(
      fc.property(
        figure,
        figure,
        fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(60)),
        (tokens, load, [connections, disconnections]) => {
          const metrics = { ...says(tokens, load, 'RTX 4080', 16), connections, disconnections }
          const nowMs = 1000 * HOUR_MS
          const stability = 1 - disconnections / connections
          const closed: readonly (readonly [FactorId, number])[] = [
            ['performance', 0.7 * Math.min(100, tokens) + 30 * (1 - load)],
            ['performanceGpu', 0.8 * Math.min(100, 1.1 * tokens) + 20 * (1 - load) ** 2],
            ['headroom', 100 * (1 - load) ** 3],
            ['efficiency', Math.min(100, (10 * tokens) / 16)],
            ['reliability', 100 * Math.max(0, stability)],
            ['reliabilityLongevity', 100 * Math.max(0, Math.max(0, stability) + 20 - Math.min(0.2, connections / 10_000))],
            ['reputation', 20 + 50 * stability]
          ]
          for (const [id, score] of closed) {
            const got = seed(id, metrics, nowMs)
            expect(Math.abs(got - score) <= 1e-9 * (1 + Math.abs(score)), `${id}: ${got}, expected ${score}`).toBe(true)
          }
        }
      )
    )
  })

  it('equal the closed forms of latency and proximity for whole milliseconds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 100 }), (rtts) => {
        const mean = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length
        const variance = rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length
        expect(seed('latency', pings(...rtts))).toBeCloseTo(100 - Math.floor(mean + 1e-9) / 10, 9)
        expect(seed('proximity', pings(...rtts))).toBeCloseTo(100 - Math.min(100, variance), 6)
      })
    )
  })
})

describe('arithmetic of Go', () => {
  it('rounds times to nanoseconds and cuts them to milliseconds', () => {
    expect(durationNs(11)).toBe(11_000_000)
    expect(durationNs(0.1)).toBe(100_000)
    expect(wholeMs(11_999_999)).toBe(11)
    expect(hours(durationNs(1.5 * HOUR_MS))).toBe(1.5)
  })

  it('raises to whole powers by squaring', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), fc.nat(200), (base, exponent) => {
        expect(power(base, exponent)).toBeCloseTo(base ** exponent, 12)
      })
    )
    expect(power(0.9, 3)).toBe(0.9 * (0.9 * 0.9))
  })
})
