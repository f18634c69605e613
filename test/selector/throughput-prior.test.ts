import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import type { Claims } from '../../src/peer/observation.ts'
import { throughputPrior } from '../../src/selector/throughput-prior.ts'
import { createSelection } from '../../src/selector/selection.ts'
import { throughputModel } from '../../src/throughput/throughput-model.ts'
import { manualClock } from '../../src/core/clock.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { job } from './world.ts'

const model = throughputModel(readModelDocument(writeModelDocument(sampleModel())))

function claims(gpuModel: string, tokensPerSecond = 0): Claims {
  return { models: ['llama3.1:8b'], tokensPerSecond, gpuModel, vramGb: 0, loadRatio: 0 }
}

describe('the prior of a peer by its hardware', () => {
  it('is faster for a GPU with more bandwidth, and knows nothing of one that is not named', () => {
    const prior = throughputPrior(model)
    const [slow, fast] = ['GTX 1660', 'RTX 4090'].map((gpu) => prior.expected('new', claims(gpu), 0)?.mean ?? NaN)
    expect(fast).toBeLessThan(slow - 0.5)
    expect(prior.expected('new', claims(''), 0)).toBeUndefined()
  })

  it('knows nothing of a model whose name does not tell its size', () => {
    const prior = throughputPrior(model)
    for (const models of [[], ['model'], ['gpt-best:latest']]) {
      expect(prior.expected('new', { ...claims('RTX 4090'), models }, 0), models[0]).toBeUndefined()
    }
  })

  it('moves with what peers of the kind turned out to be, and is surer then', () => {
    const prior = throughputPrior(model)
    const expected = (atMs: number) => prior.expected('new', claims('RTX 3090'), atMs) ?? { mean: NaN, variance: NaN }
    const before = expected(0)
    for (let i = 0; i < 20; i++) prior.learn(`peer-${i}`, claims('RTX 3090'), before.mean + 0.7, i)
    const after = expected(20)
    expect(after.mean - before.mean).toBeGreaterThan(0.4)
    expect(after.variance).toBeLessThan(before.variance)
  })

  it('decides whom a selection with nothing but names tries first', () => {
    const clock = manualClock(0)
    const { selector, table } = createSelection(
      { clock },
      { throughput: model, policy: 'fixed:predictive', prediction: { exploration: 0 } }
    )
    for (const [peer, gpu] of Object.entries({ small: 'GTX 1650', large: 'RTX 4090', medium: 'RTX 3060' })) {
      table.observe(peer, { kind: 'connected' }, 0)
      table.observe(peer, { kind: 'claims', claims: claims(gpu) }, 0)
    }
    const lease = selector.acquire(['small', 'large', 'medium'], job())
    expect(lease.peer).toBe('large')
    lease.cancel()
  })
})

const KINDS = ['RTX 4090', 'RTX 3090', 'RTX 3060', 'GTX 1660']
const MINUTE_MS = 60_000

/** Peers of four kinds, each as far from what the model expects of it as chance has it, that take turns, a minute each. */
class Fleet {
  readonly #rng
  readonly #peers: { readonly name: string; readonly claims: Claims; logPace: number }[]
  readonly prior = throughputPrior(model)
  readonly deviation: number
  atMs = 0

  constructor(seed: number, { deviation = 0.3, peers = 60 } = {}) {
    this.#rng = pcg32(seed)
    this.deviation = deviation
    this.#peers = Array.from({ length: peers }, (_, i) => this.newcomer(i))
  }

  newcomer(i: number) {
    const kind = claims(KINDS[i % KINDS.length])
    return { name: `peer-${i}`, claims: kind, logPace: this.#by(kind) + this.deviation * normal(this.#rng) }
  }

  #by({ gpuModel }: Claims): number {
    return throughputPrior(model).expected('new', claims(gpuModel), 0)?.mean ?? NaN
  }

  /** What a settled pace still moves by. */
  noise(): number {
    return 0.1 * normal(this.#rng)
  }

  /** A third of the peers becomes half as fast. */
  drift(): void {
    for (let i = 0; i < this.#peers.length; i += 3) this.#peers[i].logPace += Math.LN2
  }

  /** So many settled paces, each with a little noise. @returns which share the intervals of the time covered */
  run(outcomes: number): number {
    let covered = 0
    for (let i = 0; i < outcomes; i += 100) {
      const until = this.prior.status.outcomes + 100
      while (this.prior.status.outcomes < until) {
        const { name, claims: said, logPace } = this.#peers[Math.floor(this.#rng.next() * this.#peers.length)]
        this.atMs += MINUTE_MS
        this.prior.learn(name, said, logPace + this.noise(), this.atMs)
      }
      covered += this.prior.status.coverage ?? NaN
    }
    return covered / (outcomes / 100)
  }
}

describe('the intervals of the prior', () => {
  it.each(Array.from({ length: 8 }, (_, seed) => seed))(
    'cover between 75 and 85 % of the 500 paces after a third of the peers halve their speed (%d)',
    (seed) => {
      const fleet = new Fleet(seed)
      fleet.run(600)
      fleet.drift()
      const after = fleet.run(500)
      expect(after).toBeGreaterThanOrEqual(0.75)
      expect(after).toBeLessThanOrEqual(0.85)
      expect(fleet.prior.status.healthy).toBe(true)
    }
  )

  it.each([0.15, 0.8])('are as wide as newcomers of the deployment differ: standard deviation %d', (deviation) => {
    const fleet = new Fleet(3, { deviation, peers: 400 })
    fleet.run(600)
    const newcomers = Array.from({ length: 400 }, (_, i) => fleet.newcomer(1_000 + i))
    const covered = newcomers.filter(({ name, claims: said, logPace }) => {
      const { mean, variance } = fleet.prior.expected(name, said, fleet.atMs) ?? { mean: NaN, variance: NaN }
      return Math.abs(logPace + fleet.noise() - mean) <= 1.2816 * Math.sqrt(variance)
    })
    expect(covered.length / newcomers.length).toBeGreaterThan(0.7)
    expect(covered.length / newcomers.length).toBeLessThan(0.9)
  })

  it('are given up while they cover too little, and come back, each said once', () => {
    const lines: string[] = []
    const prior = throughputPrior(model, { announce: (line) => lines.push(line) })
    const start = prior.expected('new', claims('RTX 3090'), 0) ?? { mean: NaN, variance: NaN }
    let atMs = 0
    const hold = (count: number, offBy: (i: number) => number) => {
      for (let i = 0; i < count; i++) {
        prior.learn(`peer-${atMs}`, claims('RTX 3090'), start.mean + offBy(i), atMs)
        prior.learn(`peer-${atMs}`, claims('RTX 3090'), start.mean + offBy(i), atMs + MINUTE_MS)
        atMs += MINUTE_MS
      }
    }
    hold(99, (i) => (i % 2 === 0 ? 6 : -6))
    expect(prior.status).toMatchObject({ healthy: true, coverage: 0, outcomes: 99 })
    expect(prior.expected('new', claims('RTX 3090'), atMs)?.variance).toBeGreaterThan(4 * start.variance)
    hold(11, (i) => (i % 2 === 0 ? -6 : 6))
    expect(prior.status).toMatchObject({ healthy: false, coverage: 0, outcomes: 110 })
    expect(prior.expected('new', claims('RTX 3090'), atMs)).toBeUndefined()
    hold(80, () => 0)
    expect(prior.status).toMatchObject({ healthy: true, coverage: 0.8 })
    expect(prior.expected('new', claims('RTX 3090'), atMs)).toBeDefined()
    const name = `throughput model ${model.document.sha256.slice(0, 12)}: its 80 % intervals cover`
    expect(lines).toEqual([
      `${name} 0 % of the last paces: not used until they cover more`,
      `${name} 73 % of the last paces: used again`
    ])
  })

  it('are not judged by a peer that has not settled, nor more often by a busy one', () => {
    const prior = throughputPrior(model)
    for (let ms = 0; ms < MINUTE_MS; ms += 100) prior.learn('busy', claims('RTX 3090'), 9, ms)
    expect(prior.status).toEqual({ model: model.document.sha256, healthy: true, coverage: undefined, outcomes: 0 })
    for (let ms = MINUTE_MS; ms < 3 * MINUTE_MS; ms += 100) prior.learn('busy', claims('RTX 3090'), 9, ms)
    expect(prior.status.outcomes).toBe(2)
  })

  it('start anew over another model, and say nothing without one', () => {
    const fleet = new Fleet(1)
    fleet.run(100)
    const other = throughputModel(readModelDocument(writeModelDocument(sampleModel(2))))
    const fresh = throughputPrior(other).expected('new', claims('RTX 3090'), 0)
    fleet.prior.use(other)
    expect(fleet.prior.expected('new', claims('RTX 3090'), fleet.atMs)).toEqual(fresh)
    expect(fleet.prior.status).toMatchObject({ model: other.document.sha256, outcomes: 0 })
    fleet.prior.use(undefined)
    fleet.prior.learn('peer', claims('RTX 3090'), 3, fleet.atMs)
    expect(fleet.prior.expected('new', claims('RTX 3090'), fleet.atMs)).toBeUndefined()
    expect(fleet.prior.snapshot()).toBeUndefined()
  })

  it('are left out where an absurd model makes an answer that is no number', () => {
    const offsets = { speed: 1e6, firstToken: 0 }
    const absurd = sampleModel(1, { calibration: { familiar: offsets, unfamiliar: offsets } })
    const prior = throughputPrior(throughputModel(readModelDocument(writeModelDocument(absurd))))
    prior.learn('peer', claims('RTX 3090'), 3, 0)
    expect(prior.expected('new', claims('RTX 3090'), 0)).toBeUndefined()
  })
})

describe('what was learned over a model', () => {
  it('goes on after a restart as if there had been none', () => {
    const fleet = new Fleet(5)
    fleet.run(200)
    const restored = throughputPrior(model)
    restored.restore(JSON.parse(JSON.stringify(fleet.prior.snapshot())))
    expect(restored.status).toEqual(fleet.prior.status)
    const [here, there] = [fleet.prior, restored].map((prior) => prior.expected('new', claims('RTX 3090'), fleet.atMs))
    expect(there?.mean).toBeCloseTo(here?.mean ?? NaN, 10)
    expect(there?.variance).toBeCloseTo(here?.variance ?? NaN, 10)
  })

  it('is passed over by another model', () => {
    const fleet = new Fleet(5)
    fleet.run(100)
    const other = throughputPrior(throughputModel(readModelDocument(writeModelDocument(sampleModel(2)))))
    other.restore(fleet.prior.snapshot())
    expect(other.status.outcomes).toBe(0)
  })

  it.each([
    ['nothing', undefined, 'got vundefined, expected v1'],
    ['another version', { version: 2 }, 'got v2, expected v1'],
    ['a part', { version: 1, model: 'x' }, 'outcomes are missing'],
    ['a broken head', { version: 1, model: model.document.sha256, outcomes: 3, head: {} }, 'online head: got vundefined']
  ])('is not %s', (_, snapshot, message) => {
    const prior = throughputPrior(model)
    expect(() => {
      prior.restore(snapshot)
    }).toThrow(message)
    expect(prior.status.outcomes).toBe(0)
  })
})
