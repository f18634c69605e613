import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { correctedQuality, hostLoads, type HostSample, IDLE_BELOW, seedQuality } from '../../src/scoring/host-quality.ts'

const GB = 1e9

function sample(overrides: Partial<HostSample> = {}): HostSample {
  return { atMs: 0, loadAverage: 0, busyRatio: 0, cores: 4, networkBytes: 0, diskBytes: 0, ...overrides }
}

/** A host that does the same all the time. */
function steady(perSecond: { network?: number; disk?: number; load?: number; cores?: number }, from: Partial<HostSample> = {}) {
  return [0, 1, 2, 3, 4, 5].map((second) =>
    sample({
      atMs: second * 1000,
      loadAverage: perSecond.load ?? 0,
      cores: perSecond.cores ?? 4,
      networkBytes: (from.networkBytes ?? 0) + second * (perSecond.network ?? 0),
      diskBytes: (from.diskBytes ?? 0) + second * (perSecond.disk ?? 0)
    })
  )
}

describe('the metric as the seed computes it', () => {
  it('is 2 × load average + 0.001 × bytes sent and received + 0.001 × bytes read and written', () => {
    const samples = [sample({ networkBytes: 1000 }), sample({ networkBytes: 4000, diskBytes: 5000, loadAverage: 1.5 })]
    expect(seedQuality(samples)).toBe(2 * 1.5 + 0.001 * 3000 + 0.001 * 5000)
  })

  it('gives the figure of an idle node in the documents of Pyrsia', () => {
    expect(seedQuality([sample({ diskBytes: 51_097_988_576 })])).toBe(51_097_988.576)
  })

  it('takes other weights', () => {
    const samples = [sample(), sample({ networkBytes: 2, diskBytes: 3, loadAverage: 5 })]
    expect(seedQuality(samples, { network: 7, cpu: 11, disk: 13 })).toBe(2 * 7 + 5 * 11 + 3 * 13)
  })

  it('grows with the time that an idle host is up', () => {
    const ofUptime = (days: number) => seedQuality([sample({ diskBytes: days * GB }), sample({ diskBytes: days * GB })])
    expect([ofUptime(1), ofUptime(30)]).toEqual([1e6, 3e7])
  })

  it('drowns the processors in bytes', () => {
    const busy = seedQuality([sample({ loadAverage: 400, diskBytes: GB })])
    const idle = seedQuality([sample({ loadAverage: 0, diskBytes: 1.01 * GB })])
    expect(busy).toBeLessThan(idle)
  })

  it('is idle until 500 bytes were ever written, and never again', () => {
    expect(seedQuality([sample({ diskBytes: 499 })])).toBeLessThan(IDLE_BELOW)
    expect(seedQuality([sample({ diskBytes: 500 })])).toBeGreaterThanOrEqual(IDLE_BELOW)
  })

  it('takes 4 threads on 64 cores for as busy as 4 threads on 4', () => {
    const onCores = (cores: number) => seedQuality([sample({ loadAverage: 4, cores })])
    expect(onCores(64)).toBe(onCores(4))
  })

  it('takes a busy host without a load average, as Windows, for an idle one', () => {
    expect(seedQuality([sample({ loadAverage: undefined, busyRatio: 1 })])).toBe(0)
  })

  it('depends on how long ago the last look at the network was', () => {
    const perMs = 1000
    const after = (ms: number) => seedQuality([sample(), sample({ atMs: ms, networkBytes: ms * perMs })])
    expect([after(5), after(5000)]).toEqual([5, 5000])
  })

  it('is less than nothing when a count starts anew', () => {
    expect(seedQuality([sample({ networkBytes: 1e6 }), sample({ networkBytes: 0 })])).toBe(-1000)
  })

  it('is NaN where a figure is', () => {
    expect(seedQuality([sample({ loadAverage: NaN })])).toBeNaN()
  })

  it('needs a sample', () => {
    expect(() => seedQuality([])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe('the corrected metric', () => {
  it.each([
    ['an idle host', steady({}), 0],
    ['one that is busy all over', steady({ network: 250e6, disk: 500e6, load: 4 }), 1],
    ['half a network', steady({ network: 125e6 }), 1 / 6],
    ['half a disk', steady({ disk: 250e6 }), 1 / 6],
    ['half its cores', steady({ load: 2 }), 1 / 6],
    ['4 threads on 64 cores', steady({ load: 4, cores: 64 }), 1 / 48]
  ])('of %s is known', (_, samples, expected) => {
    expect(correctedQuality(samples)).toBeCloseTo(expected, 12)
  })

  it('takes weights and capacities', () => {
    const samples = steady({ network: 30, disk: 40, load: 2 })
    const options = {
      weights: { network: 5, cpu: 7, disk: 11 },
      capacity: { networkBytesPerSecond: 60, diskBytesPerSecond: 400 }
    }
    const { network, cpu, disk } = hostLoads(samples, options)
    expect([network, disk]).toEqual([0.5, 0.1])
    expect(cpu).toBeCloseTo(0.5, 12)
    expect(correctedQuality(samples, options)).toBeCloseTo(5 * 0.5 + 7 * 0.5 + 11 * 0.1, 12)
  })

  it('does not depend on what was done before the window', () => {
    const fresh = correctedQuality(steady({ network: 1e6, disk: 1e6, load: 1 }))
    expect(correctedQuality(steady({ network: 1e6, disk: 1e6, load: 1 }, { networkBytes: 9e12, diskBytes: 9e12 }))).toBe(fresh)
  })

  it('forgets what happened before the window', () => {
    const burst = sample({ atMs: -60_000, networkBytes: -0, loadAverage: 100 })
    const after = steady({ load: 1 }).map((each) => ({ ...each, networkBytes: 9e9 }))
    expect(correctedQuality([burst, ...after])).toBe(correctedQuality(after))
  })

  it('takes the busy time where there is no load average', () => {
    expect(hostLoads([sample({ loadAverage: undefined, busyRatio: 0.75 })]).cpu).toBe(0.75)
  })

  it('skips the interval in which a count started anew', () => {
    const counts = [1e9, 1.1e9, 0, 0.1e9]
    const samples = counts.map((networkBytes, second) => sample({ atMs: second * 1000, networkBytes }))
    expect(hostLoads(samples).network).toBeCloseTo(0.1e9 / 250e6, 12)
  })

  it.each([NaN, Infinity, -1, undefined])('lets an attribute of %s hand its weight to the others', (bad) => {
    const samples = steady({ network: 125e6, load: 2 }).map((each) => ({ ...each, diskBytes: bad }))
    expect(correctedQuality(samples)).toBeCloseTo(0.5, 12)
  })

  it('is not known from nothing, nor where all that has a weight is unknown', () => {
    const blind = sample({ loadAverage: undefined, busyRatio: undefined })
    expect(correctedQuality([])).toBeUndefined()
    expect(correctedQuality([blind])).toBeUndefined()
    expect(correctedQuality(steady({}), { weights: { network: 1, cpu: 0, disk: 0 } })).toBe(0)
    expect(correctedQuality([sample()], { weights: { network: 1, cpu: 0, disk: 0 } })).toBeUndefined()
  })

  it.each([
    { weights: { network: -1, cpu: 1, disk: 1 } },
    { weights: { network: NaN, cpu: 1, disk: 1 } },
    { weights: { network: 0, cpu: 0, disk: 0 } },
    { capacity: { networkBytesPerSecond: 0 } },
    { capacity: { diskBytesPerSecond: NaN } },
    { windowMs: 0 }
  ])('refuses %o', (options) => {
    expect(() => correctedQuality([sample()], options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  const anyNumber = fc.option(fc.double(), { nil: undefined })
  const anySample = fc.record({
    atMs: fc.double(),
    loadAverage: anyNumber,
    busyRatio: anyNumber,
    cores: fc.integer({ min: 1, max: 512 }),
    networkBytes: anyNumber,
    diskBytes: anyNumber
  })

  it('is finite and not below 0, or undefined, whatever the system says', () => {
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 8 }), (samples) => {
        const metric = correctedQuality(samples)
        expect(metric === undefined || (metric >= 0 && metric < Infinity)).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  const amount = fc.double({ min: 0, max: 1e12, noNaN: true })

  it.each(['networkBytes', 'diskBytes', 'loadAverage'] as const)('never falls when %s rises', (attribute) => {
    fc.assert(
      fc.property(amount, amount, amount, amount, (network, disk, load, more) => {
        const last = sample({ atMs: 1000, networkBytes: network, diskBytes: disk, loadAverage: load })
        const higher = { ...last, [attribute]: (last[attribute] ?? 0) + more }
        const before = correctedQuality([sample(), last]) ?? NaN
        expect(correctedQuality([sample(), higher])).toBeGreaterThanOrEqual(before)
      })
    )
  })

  it('is in proportion to the weights', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true }), (times, load) => {
        const samples = steady({ load })
        const weights = { network: times, cpu: times, disk: times }
        expect(correctedQuality(samples, { weights })).toBeCloseTo(times * 3 * (correctedQuality(samples) ?? NaN), 6)
      })
    )
  })

  it('is the same whatever the rhythm of the looks', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 20 }), (between) => {
        const times = [0, ...between.sort((a, b) => a - b), 10_000]
        const samples = times.map((atMs) => sample({ atMs, networkBytes: atMs * 1000, diskBytes: atMs * 500, loadAverage: 1 }))
        expect(correctedQuality(samples)).toBeCloseTo(correctedQuality([samples[0], samples[samples.length - 1]]) ?? NaN, 12)
      })
    )
  })
})
