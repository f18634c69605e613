import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32, type Rng } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import type { HeadInputs } from '../../src/throughput/head-features.ts'
import { type OnlineHead, onlineHead, type OnlineHeadOptions } from '../../src/throughput/online-head.ts'

const HIDDEN = 8
const MODEL = { hidden: HIDDEN, id: 'model-1' }
const HOUR_MS = 3_600_000
const START_MS = 1_750_000_000_000
/** Of the network about a new peer; its interval is 2.5631 of it wide. */
const DEVIATION = 0.3

function inputsOf(overrides: Partial<HeadInputs> & { readonly kind?: number } = {}): HeadInputs {
  const { kind = 0, ...rest } = overrides
  const half = 1.28155 * DEVIATION
  const hidden = Array.from({ length: HIDDEN }, (_, i) => Math.tanh(Math.sin(1 + i * (kind + 1))))
  return { hidden, speed10: 3 - half, speed50: 3, speed90: 3 + half, ...rest }
}

function head(options: OnlineHeadOptions = {}): OnlineHead {
  return onlineHead(MODEL, options)
}

/** Outcomes of a peer, a minute apart. */
function teach(learner: OnlineHead, peer: string, logSpeeds: readonly number[], inputs = inputsOf()): number {
  let atMs = START_MS
  for (const log of logSpeeds) {
    atMs += 60_000
    learner.update(peer, inputs, Math.exp(log), atMs)
  }
  return atMs
}

const times = (count: number, value: () => number) => Array.from({ length: count }, value)

describe('before any outcome', () => {
  it('a peer is what the network says of it, with about its uncertainty', () => {
    const { mean, variance, noise } = head().predict('a', inputsOf(), START_MS)
    expect(mean).toBe(3)
    expect(Math.sqrt(variance + noise)).toBeGreaterThan(DEVIATION)
    expect(Math.sqrt(variance + noise)).toBeLessThan(1.5 * DEVIATION)
  })

  it.each([
    ['a claim of what the network says, is taken to be a little too much', 0, 3 - 0.05],
    ['a claim of twice as much counts for a quarter', Math.LN2, 3 + 0.25 * (Math.LN2 - 0.2)],
    ['an absurd claim counts no more than one of 4.5 times as much', 20, 3 + 0.25 * (1.5 - 0.2)]
  ])('%s', (_, claimResidual, mean) => {
    expect(head().predict('a', inputsOf({ claimResidual }), START_MS).mean).toBeCloseTo(mean, 12)
  })
})

describe('outcomes of a peer', () => {
  it('move what is expected of it all the way, of its kind part of the way, and make both more certain', () => {
    const learner = head()
    const before = learner.predict('a', inputsOf(), START_MS)
    const atMs = teach(
      learner,
      'a',
      times(20, () => 4)
    )
    const known = learner.predict('a', inputsOf(), atMs)
    const alike = learner.predict('b', inputsOf(), atMs)
    expect(known.mean).toBeGreaterThan(3.9)
    expect(alike.mean).toBeGreaterThan(3.1)
    expect(alike.mean).toBeLessThan(3.8)
    expect(known.variance).toBeLessThan(0.1 * before.variance)
    expect(known.noise).toBeLessThan(before.noise)
  })

  it('tell together what the textbook says of a varying intercept', () => {
    // With the noise and the spread as they are after the outcomes: a normal level with variance s of a normal mean with variance v.
    const learner = head({ peerHalfLifeMs: Infinity, halfLifeMs: Infinity })
    const inputs = inputsOf({ hidden: new Float64Array(HIDDEN) })
    learner.update('a', inputs, Math.exp(3.4), START_MS)
    const { noise } = learner.predict('a', inputs, START_MS)
    const [spread] = learner.snapshot().spread
    const [v, s] = [0.04, DEVIATION ** 2 * spread]
    const { mean, variance } = learner.predict('a', inputs, START_MS)
    expect(mean).toBeCloseTo(3 + (0.4 * (v + s)) / (v + s + noise), 3)
    expect(variance).toBeCloseTo(((v + s) * noise) / (v + s + noise), 3)
  })

  it('of one peer never count as those of many', () => {
    const one = head()
    const many = head()
    teach(
      one,
      'a',
      times(60, () => 3.5)
    )
    for (let i = 0; i < 60; i++) many.update(`peer-${i}`, inputsOf(), Math.exp(3.5), START_MS + i)
    expect(one.predict('new', inputsOf(), START_MS).mean).toBeLessThan(3.4)
    expect(many.predict('new', inputsOf(), START_MS).mean).toBeGreaterThan(3.45)
    expect(many.predict('new', inputsOf(), START_MS).variance).toBeLessThan(one.predict('new', inputsOf(), START_MS).variance)
  })

  it('are taken out of what the others say, as if they had not been learned', () => {
    const learner = head()
    for (const [i, peer] of ['b', 'c', 'd', 'b', 'd'].entries()) {
      learner.update(peer, inputsOf({ kind: i % 2 }), Math.exp(3 + 0.3 * i), START_MS + i * HOUR_MS)
    }
    const before = learner.snapshot()
    learner.update('a', inputsOf(), Math.exp(5), START_MS + 5 * HOUR_MS)
    const after = learner.snapshot()
    // What outcomes and peers vary by is learned for all; the others' sums had faded by an hour more.
    const others = head()
    const faded = (sums: readonly number[]) => sums.map((sum) => sum * 2 ** -(1 / (7 * 24)))
    others.restore({
      ...before,
      information: faded(before.information),
      moments: faded(before.moments),
      noise: after.noise,
      spread: after.spread
    })
    const expected = others.predict(undefined, inputsOf(), START_MS)
    const found = learner.predictFromOthers('a', inputsOf())
    expect(found.mean).toBeCloseTo(expected.mean, 10)
    expect(found.variance).toBeCloseTo(expected.variance, 10)
    expect(learner.predictFromOthers('nobody', inputsOf())).toEqual(learner.predict('nobody', inputsOf(), START_MS))
    expect(learner.snapshot()).toEqual(after)
  })

  it('tell kinds of machines apart', () => {
    const learner = head()
    for (let i = 0; i < 40; i++) {
      learner.update(`fast-${i}`, inputsOf({ kind: 0 }), Math.exp(3.4), START_MS + i)
      learner.update(`slow-${i}`, inputsOf({ kind: 1 }), Math.exp(2.6), START_MS + i)
    }
    expect(learner.predict('x', inputsOf({ kind: 0 }), START_MS).mean).toBeGreaterThan(3.3)
    expect(learner.predict('x', inputsOf({ kind: 1 }), START_MS).mean).toBeLessThan(2.7)
  })

  it('fade: after long silence a peer is expected to be like its kind again', () => {
    const learner = head({ peerHalfLifeMs: HOUR_MS })
    const atMs = teach(
      learner,
      'a',
      times(20, () => 4)
    )
    const later = (hours: number) => learner.predict('a', inputsOf(), atMs + hours * HOUR_MS)
    expect(later(0).mean).toBeGreaterThan(later(5).mean)
    expect(later(5).variance).toBeGreaterThan(later(0).variance)
    expect(later(60).mean).toBeCloseTo(learner.predict('b', inputsOf(), atMs).mean, 4)
  })

  it('of the fleet fade by their own half-life', () => {
    const learner = head({ halfLifeMs: HOUR_MS })
    const atMs = teach(
      learner,
      'a',
      times(20, () => 4)
    )
    learner.update('far', inputsOf({ kind: 3 }), Math.exp(3), atMs + 40 * HOUR_MS)
    expect(learner.predict('b', inputsOf(), atMs + 40 * HOUR_MS).mean).toBeCloseTo(3, 1)
  })

  it('are followed within some twenty when the peer becomes half as fast', () => {
    const learner = head()
    teach(
      learner,
      'a',
      times(300, () => 4)
    )
    const atMs = teach(
      learner,
      'a',
      times(40, () => 4 - Math.LN2)
    )
    expect(learner.predict('a', inputsOf(), atMs).mean).toBeLessThan(3.45)
  })
})

describe('what peers claim', () => {
  /** A fleet that tells the truth, times a factor and with a deviation. */
  function claiming(rng: Rng, factor: number, deviation: number): OnlineHead {
    const learner = head()
    for (let i = 0; i < 150; i++) {
      const truth = DEVIATION * normal(rng)
      const claimResidual = truth + Math.log(factor) + deviation * normal(rng)
      learner.update(`peer-${i}`, inputsOf({ claimResidual }), Math.exp(3 + truth + 0.1 * normal(rng)), START_MS + i)
    }
    return learner
  }

  const predicted = (learner: OnlineHead, claimResidual: number) =>
    learner.predict('new', inputsOf({ claimResidual }), START_MS).mean - 3

  it('counts for half where all tell the truth, and no more', () => {
    const honest = claiming(pcg32(1), 1, 0.02)
    expect(predicted(honest, 0.6) - predicted(honest, -0.4)).toBeCloseTo(0.5, 2)
  })

  it('counts for little where it has nothing to do with the truth', () => {
    const noisy = claiming(pcg32(2), 1, 1.5)
    expect(predicted(noisy, 0.6) - predicted(noisy, -0.4)).toBeLessThan(0.15)
  })

  it('is read with the bias that the fleet has', () => {
    const boasting = claiming(pcg32(3), 3, 0.02)
    expect(Math.abs(predicted(boasting, Math.log(3)))).toBeLessThan(0.1)
  })
})

it('learns what load costs from peers whose load varies', () => {
  const learner = head()
  const rng = pcg32(4)
  for (let i = 0; i < 400; i++) {
    const cpuRatio = rng.next()
    const level = 3 + 0.3 * Math.sin(i % 5)
    learner.update(`peer-${i % 5}`, inputsOf({ cpuRatio }), Math.exp(level - 0.5 * cpuRatio + 0.05 * normal(rng)), START_MS + i)
  }
  const at = (cpuRatio: number) => learner.predict('peer-1', inputsOf({ cpuRatio }), START_MS + 400).mean
  expect(at(0.9) - at(0.1)).toBeLessThan(-0.3)
  expect(at(0.9) - at(0.1)).toBeGreaterThan(-0.5)
})

it('is as uncertain as it errs: 80 % intervals of new and of known peers cover about 80 %', () => {
  const rng = pcg32(6)
  const learner = head()
  const covered = { fresh: [] as boolean[], known: [] as boolean[] }
  const shift = [0.2, -0.3, 0.1, 0]
  for (let peer = 0; peer < 300; peer++) {
    const kind = peer % 4
    const level = 3 + shift[kind] + 0.25 * normal(rng)
    for (let job = 0; job < 5; job++) {
      const atMs = START_MS + peer * 1_000 + job
      const log = level + 0.15 * normal(rng)
      const { mean, variance, noise } = learner.predict(`peer-${peer}`, inputsOf({ kind }), atMs)
      const within = Math.abs(log - mean) < 1.2816 * Math.sqrt(variance + noise)
      if (job === 0) covered.fresh.push(within)
      else if (job === 4) covered.known.push(within)
      learner.update(`peer-${peer}`, inputsOf({ kind }), Math.exp(log), atMs)
    }
  }
  const share = (all: boolean[]) => all.filter(Boolean).length / all.length
  // Two and a half standard deviations of 300 draws.
  expect(Math.abs(share(covered.fresh) - 0.8)).toBeLessThan(0.06)
  expect(Math.abs(share(covered.known) - 0.8)).toBeLessThan(0.06)
})

const optional = (min: number, max: number) => fc.option(fc.double({ min, max, noNaN: true }), { nil: undefined })
const outcomes = fc.array(
  fc.record({
    peer: fc.integer({ min: 0, max: 5 }).map((i) => `peer-${i}`),
    kind: fc.nat(3),
    claimResidual: optional(-800, 800),
    cpuRatio: optional(-5, 5),
    tokensPerSecond: fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }),
    elapsedMs: fc.double({ min: -1e6, max: 1e11, noNaN: true })
  }),
  { maxLength: 60 }
)

describe('whatever outcomes there are', () => {
  it('beliefs stay finite, no claim counts for more than half, and a restart changes nothing', () => {
    fc.assert(
      fc.property(outcomes, (all) => {
        const learner = head({ maxPeers: 4 })
        let atMs = START_MS
        for (const { peer, tokensPerSecond, elapsedMs, ...inputs } of all) {
          atMs += elapsedMs
          learner.update(peer, inputsOf(inputs), tokensPerSecond, atMs)
        }
        const restored = head({ maxPeers: 4 })
        restored.restore(JSON.parse(JSON.stringify(learner.snapshot())))
        const [low, high] = [0, 1].map((claimResidual) => learner.predict('new', inputsOf({ claimResidual }), atMs).mean)
        expect(high - low).toBeGreaterThanOrEqual(-1e-9)
        expect(high - low).toBeLessThanOrEqual(0.5 + 1e-9)
        for (const peer of ['peer-0', 'peer-5', 'new']) {
          const { mean, variance, noise } = learner.predict(peer, inputsOf(), atMs)
          expect(Math.abs(mean)).toBeLessThan(12)
          expect(variance).toBeGreaterThan(0)
          expect(noise).toBeGreaterThan(0)
          expect(restored.predict(peer, inputsOf(), atMs).mean).toBeCloseTo(mean, 4)
          expect(restored.predict(peer, inputsOf(), atMs).variance).toBeCloseTo(variance, 4)
          const fromOthers = restored.predictFromOthers(peer, inputsOf())
          expect(Math.abs(fromOthers.mean)).toBeLessThan(12)
          expect(fromOthers.variance).toBeGreaterThanOrEqual(restored.predict(undefined, inputsOf(), atMs).variance)
        }
      }),
      { numRuns: 100 }
    )
  })
})

it('forgets the peers whose outcomes are the oldest', () => {
  const learner = head({ maxPeers: 2 })
  for (const peer of ['a', 'b', 'a', 'c']) learner.update(peer, inputsOf(), 50, START_MS)
  expect(learner.snapshot().peers.map(([peer]) => peer)).toEqual(['a', 'c'])
})

describe('is refused', () => {
  const small = { hidden: [0, 1] }
  it.each<[defect: string, act: (learner: OnlineHead) => void]>([
    ['tokensPerSecond must be', (learner) => learner.update('a', inputsOf(), 0, 0)],
    ['tokensPerSecond must be', (learner) => learner.update('a', inputsOf(), NaN, 0)],
    ['atMs must be', (learner) => learner.update('a', inputsOf(), 1, NaN)],
    ['claimResidual must be', (learner) => learner.update('a', inputsOf({ claimResidual: NaN }), 1, 0)],
    ['cpuRatio must be', (learner) => learner.predict('a', inputsOf({ cpuRatio: Infinity }), 0)],
    ['speed50 must be', (learner) => learner.predict('a', inputsOf({ speed50: NaN }), 0)],
    ['inputs.hidden.length must be', (learner) => learner.predict('a', inputsOf(small), 0)],
    ['hidden must be', () => onlineHead({ hidden: 0, id: 'x' })],
    ['id must be', () => onlineHead({ hidden: 1, id: '' })],
    ['halfLifeMs must be', () => head({ halfLifeMs: 0 })],
    ['peerHalfLifeMs must be', () => head({ peerHalfLifeMs: NaN })],
    ['maxPeers must be', () => head({ maxPeers: 0 })]
  ])('%s', (defect, act) => {
    expect(() => {
      act(head())
    }).toThrow(defect)
  })

  it.each<[defect: string, change: Record<string, unknown>]>([
    ['got v2, expected v1', { version: 2 }],
    ['learned over the model "model-2", expected "model-1"', { model: 'model-2' }],
    ['sums must be of 13 figures', { moments: [1] }],
    ['sums must be of 13 figures', { information: Array.from({ length: 91 }, () => null) }],
    ['noise, spread or atMs are no numbers', { noise: [1, 0] }],
    ['noise, spread or atMs are no numbers', { atMs: 'now' }],
    ['peers are missing or hold no numbers', { peers: [['a', 1, 'AAAA']] }],
    ['peers are missing or hold no numbers', { peers: undefined }],
    ['matrix must be positive definite', { information: Array.from({ length: 91 }, () => -100) }]
  ])('%s', (defect, change) => {
    const learner = head()
    teach(learner, 'a', [4, 4])
    const before = learner.snapshot()
    expect(() => {
      learner.restore({ ...before, ...change })
    }).toThrow(`online head: ${defect}`)
    expect(learner.snapshot()).toEqual(before)
  })
})
