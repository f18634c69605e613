import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claimedLogPace, type Contribution, Pool } from '../../src/prediction/pool.ts'
import { claims } from './support.ts'

const paceOf = (tokensPerSecond: number) => Math.log(1000 / tokensPerSecond)

interface Known {
  readonly tokensPerSecond: number
  readonly gpuModel?: string
  /** What it claims over what it does. */
  readonly exaggeration?: number
}

function contribution({ tokensPerSecond, gpuModel = '', exaggeration }: Known): Contribution {
  return {
    logPace: paceOf(tokensPerSecond),
    gpuModel,
    claimError: exaggeration === undefined ? undefined : Math.log(exaggeration)
  }
}

function poolOf(peers: readonly Known[]): Pool {
  const pool = new Pool()
  for (const peer of peers) pool.replace(undefined, contribution(peer))
  return pool
}

const repeated = (known: Known, count = 20) => Array.from({ length: count }, () => known)

describe('what is expected of a new peer', () => {
  it('is what peers are like, without claims', () => {
    expect(new Pool().expected('new', undefined, 0).mean).toBeCloseTo(paceOf(50), 12)
    const { mean, variance } = poolOf(repeated({ tokensPerSecond: 10 }, 100)).expected('new', undefined, 0)
    expect(mean).toBeCloseTo(paceOf(10), 1)
    // However much they agree, the next one may lie.
    expect(variance).toBe(0.3)
  })

  it('is no surer when its hardware says the same as its claim: both are its word', () => {
    const said = claims(20)
    const { mean, variance } = new Pool().expected('new', said, 0)
    const claimVariance = 1 / (1 / variance - 1 / new Pool().expected('new', undefined, 0).variance)
    const prior = { expected: () => ({ mean: paceOf(20), variance: claimVariance - 0.3 }), learn: () => undefined }
    const both = new Pool(prior).expected('new', said, 0)
    expect(both.mean).toBeCloseTo(mean, 12)
    expect(both.variance).toBeCloseTo(variance, 12)
    const without = new Pool(prior).expected('new', claims(0), 0)
    expect(without.mean).toBeCloseTo(mean, 12)
  })

  it('is between the pool and its claim', () => {
    const { mean } = poolOf(repeated({ tokensPerSecond: 20 })).expected('new', claims(80), 0)
    expect(mean).toBeLessThan(paceOf(20) + 0.1)
    expect(mean).toBeGreaterThan(paceOf(80))
  })

  it('is between the pool, its claim and its GPU', () => {
    const pool = poolOf([
      ...repeated({ tokensPerSecond: 20, gpuModel: 'slow' }, 10),
      ...repeated({ tokensPerSecond: 100, gpuModel: 'fast' }, 10)
    ])
    const [slow, unknown, fast] = ['slow', 'new', 'fast'].map((gpu) => pool.expected('new', claims(60, gpu), 0).mean)
    expect(slow).toBeGreaterThan(unknown)
    expect(unknown).toBeGreaterThan(fast)
    expect(slow).toBeLessThan(paceOf(20) + 0.1)
    expect(fast).toBeGreaterThan(paceOf(100) - 0.1)
  })

  it('is nearer to its claim where claims have been true, and to the pool where they were lies', () => {
    const speeds = [10, 20, 40, 80, 160]
    const honest = poolOf(speeds.map((tokensPerSecond) => ({ tokensPerSecond, exaggeration: 1 })))
    const liars = poolOf(speeds.map((tokensPerSecond, i) => ({ tokensPerSecond, exaggeration: 10 ** (i - 2) })))
    const claim = claims(400)
    expect(honest.expected('new', claim, 0).mean).toBeLessThan(liars.expected('new', claim, 0).mean - 0.5)
    expect(honest.expected('new', claim, 0).variance).toBeLessThan(liars.expected('new', claim, 0).variance)
  })

  it('is corrected where everybody exaggerates by the same', () => {
    const speeds = [5, 10, 20, 40, 80, 160, 320]
    const pool = poolOf([...speeds, ...speeds, ...speeds].map((tokensPerSecond) => ({ tokensPerSecond, exaggeration: 4 })))
    expect(pool.expected('new', claims(200), 0).mean).toBeCloseTo(paceOf(50), 0)
  })

  it('takes a claim of nothing for none', () => {
    const pool = poolOf(repeated({ tokensPerSecond: 20, exaggeration: 1 }))
    expect(pool.expected('new', claims(0), 0)).toEqual(pool.expected('new', undefined, 0))
  })

  it('is always finite, with a variance that leaves room', () => {
    const speed = fc.double({ min: 1e-6, max: 1e12, noNaN: true })
    const known = fc.record({
      tokensPerSecond: speed,
      gpuModel: fc.constantFrom('', 'x', 'y'),
      exaggeration: fc.option(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { nil: undefined })
    })
    fc.assert(
      fc.property(fc.array(known, { maxLength: 20 }), speed, fc.constantFrom('', 'x', 'z'), (peers, claimed, gpu) => {
        const { mean, variance } = poolOf(peers).expected('new', claims(claimed, gpu), 0)
        expect(Number.isFinite(mean)).toBe(true)
        expect(variance).toBeGreaterThanOrEqual(0.04)
      })
    )
  })
})

describe('a pool', () => {
  it('keeps no trace of a peer that came and went, whatever it was in between', () => {
    const here = [{ tokensPerSecond: 30, gpuModel: 'x', exaggeration: 1.2 }, { tokensPerSecond: 50 }]
    const pool = poolOf(here)
    const passing = [
      contribution({ tokensPerSecond: 1, gpuModel: 'x', exaggeration: 100 }),
      contribution({ tokensPerSecond: 300, gpuModel: 'y' }),
      contribution({ tokensPerSecond: 5, exaggeration: 3 })
    ]
    let before: Contribution | undefined
    for (const after of [...passing, undefined]) {
      pool.replace(before, after)
      before = after
    }
    for (const asked of [undefined, claims(70), claims(70, 'x'), claims(70, 'y')]) {
      const expected = poolOf(here).expected('new', asked, 0)
      expect(pool.expected('new', asked, 0).mean).toBeCloseTo(expected.mean, 9)
      expect(pool.expected('new', asked, 0).variance).toBeCloseTo(expected.variance, 9)
    }
  })

  it('learns how long answers are, of each class by itself, never longer than the limit', () => {
    const pool = new Pool()
    expect(pool.lengthRatio('batch')).toBe(0.75)
    for (let i = 0; i < 500; i++) {
      pool.observeLength('batch', i % 2 === 0 ? 0.2 : 0.4)
      pool.observeLength('critical', 7)
    }
    expect(pool.lengthRatio('batch')).toBeCloseTo(0.3, 1)
    expect(pool.lengthRatio('critical')).toBeCloseTo(1, 3)
    expect(pool.lengthRatio('interactive')).toBe(0.75)
  })

  it('comes back from its state, what jobs told; what peers told comes with the peers', () => {
    const pool = new Pool()
    for (let i = 0; i < 30; i++) {
      pool.meanWork.add(500)
      pool.meanDurationMs.add(9_000)
      pool.failureRatio.add(i % 2)
      pool.overheadMs.add(40)
      pool.observeLength('batch', 0.5)
    }
    const fresh = new Pool()
    fresh.restore(JSON.parse(JSON.stringify(pool.state())) as ReturnType<Pool['state']>)
    expect(fresh.state()).toEqual(pool.state())
    fresh.meanWork.add(0)
    expect(fresh.meanWork.value, 'as a mean of many').toBeCloseTo(pool.meanWork.value * 0.98, 9)
  })
})

describe('a claimed pace', () => {
  it('is the time for a token', () => {
    expect(Math.exp(claimedLogPace(claims(50)))).toBeCloseTo(20, 9)
  })
})
