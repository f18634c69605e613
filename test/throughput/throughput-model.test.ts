import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { loadOf } from '../../src/throughput/load.ts'
import { QUANTILE_COUNT } from '../../src/throughput/physics.ts'
import type { ThroughputQuery } from '../../src/throughput/query.ts'
import { rooflineTokensPerSecond } from '../../src/throughput/roofline.ts'
import { machineOf } from '../../src/throughput/machine.ts'
import { FORECAST_COLUMNS, type ThroughputPrediction, throughputModel } from '../../src/throughput/throughput-model.ts'
import { sampleModel, sampleWeights } from './sample-model.ts'
import { queries } from './samples.ts'

const DOCUMENT = readModelDocument(writeModelDocument(sampleModel()))
const model = throughputModel(DOCUMENT)
const USUAL: ThroughputQuery = { gpu: 'RTX 4090', model: 'llama3.1:8b-instruct-q4_K_M', promptTokens: 512, outputTokens: 128 }

function one(query: ThroughputQuery, of = model): ThroughputPrediction {
  return of.predict([query])[0]
}

describe('a throughput model', () => {
  it('answers in order, a row a query', () => {
    const asked = [USUAL, { ...USUAL, gpu: 'GTX 1060' }, {}, USUAL]
    const rows = model.predict(asked)
    expect(rows).toEqual(asked.map((query) => one(query)))
    expect(rows[0].tpsP50).toBeGreaterThan(rows[1].tpsP50)
    expect(model.predict([])).toEqual([])
  })

  it('knows which GPUs it was trained on', () => {
    const known = ['NVIDIA GeForce RTX 4090', '2x rtx4090', 'Apple M2 Ultra', 'RTX 4080', 'Voodoo 3', '']
    expect(known.map((gpu) => one({ gpu }).knownGpu)).toEqual([true, true, true, false, false, false])
    expect(one({}).knownGpu).toBe(false)
  })

  it('adds the round trip to the time to the first token, and to nothing else', () => {
    const near = one(USUAL)
    const far = one({ ...USUAL, rttMs: 80 })
    const expected = { ttftMsP10: near.ttftMsP10 + 80, ttftMsP50: near.ttftMsP50 + 80, ttftMsP90: near.ttftMsP90 + 80 }
    expect(far).toEqual({ ...near, ...expected })
  })

  it('without corrections is somewhat slower than the roofline of large models', () => {
    const plain = throughputModel({ ...DOCUMENT, weights: sampleWeights(1, { scale: 0 }) })
    const query = { gpu: 'RTX 3090', model: 'Qwen2.5-32B-Instruct', quant: 'Q4_K_M' }
    const roofline = rooflineTokensPerSecond(machineOf(query), loadOf(query))!
    const { tpsP50 } = one(query, plain)
    expect(tpsP50 / roofline).toBeGreaterThan(0.8)
    expect(tpsP50 / roofline).toBeLessThan(1.1)
  })

  it('does not look at claims', () => {
    expect(one({ ...USUAL, claimedTokensPerSecond: 1e6 })).toEqual(one(USUAL))
  })

  it('says the same in logarithms', () => {
    const { tpsP10, tpsP50, tpsP90 } = one(USUAL)
    const { mean, variance } = model.logMsPerToken(USUAL)
    expect(mean).toBeCloseTo(Math.log(1000 / tpsP50), 12)
    expect(Math.sqrt(variance) * 2.5631).toBeCloseTo(Math.log(tpsP90 / tpsP10), 12)
  })

  it('answers one job at many peers as it does one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(queries, fc.integer({ min: 1, max: 64 })), { maxLength: 8 }), (asked) => {
        const job = { model: USUAL.model, promptTokens: 512, outputTokens: 128 }
        const peers = asked.map(([{ gpu, vramGb, gpuCount }, concurrency]) => ({ ...job, gpu, vramGb, gpuCount, concurrency }))
        const into = new Float64Array(peers.length * FORECAST_COLUMNS)
        const machines = peers.map((query) => model.machine(query))
        const concurrency = peers.map((query) => query.concurrency)
        model.forecast(loadOf(job), { machines, concurrency, count: peers.length }, into)
        const rows = model.predict(peers).map(({ knownGpu: _, ...figures }) => Object.values(figures))
        expect([...into]).toEqual(rows.flat())
      })
    )
  })

  it('is less certain of who does not say the operating system, or runs another engine than those that calibrated it', () => {
    const widthOf = (said: Partial<ThroughputQuery>) => {
      const { tpsP10, tpsP50, tpsP90 } = one({ gpu: 'RTX 3060', ...said })
      return [Math.log(tpsP50 / tpsP10), Math.log(tpsP90 / tpsP50)]
    }
    const { familiar, unfamiliar } = DOCUMENT.calibration
    const more = unfamiliar.speed - familiar.speed
    const familiarWidth = widthOf({ windows: false })
    const notLlamafile = widthOf({ windows: false, llamafile: false })
    expect(notLlamafile[0] - familiarWidth[0]).toBeCloseTo(more, 9)
    expect(notLlamafile[1] - familiarWidth[1]).toBeCloseTo(more, 9)
    expect(model.machine({ gpu: 'RTX 3060', windows: true, llamafile: true }).machine.familiar).toBe(true)
    for (const said of [{}, { llamafile: true }, { windows: true, server: true }]) {
      expect(model.machine({ gpu: 'RTX 3060', ...said }).machine.familiar).toBe(false)
    }
  })

  it('remembers so many machines and no more, which changes no answer', () => {
    const forgetful = throughputModel(DOCUMENT, { machines: 1 })
    const asked = [USUAL, { ...USUAL, gpu: 'RTX 3060' }, USUAL]
    expect(forgetful.predict(asked)).toEqual(model.predict(asked))
    expect(model.machine(USUAL)).toBe(model.machine({ ...USUAL, promptTokens: 9 }))
    const machine = forgetful.machine(USUAL)
    forgetful.machine({ gpu: 'RTX 3060' })
    expect(forgetful.machine(USUAL)).not.toBe(machine)
  })

  it('gives an online head the hidden units, the deciles and the claim over a job alone', () => {
    const query = { ...USUAL, concurrency: 8, claimedTokensPerSecond: 100 }
    const { hidden, speed50, claimResidual, cpuRatio } = model.headInputs(query, 0.5)
    expect(hidden).toHaveLength(32)
    expect(speed50).toBeCloseTo(Math.log(one(query).tpsP50), 12)
    expect(claimResidual).toBeCloseTo(Math.log(100 / one({ ...USUAL, concurrency: 1 }).tpsP50), 12)
    expect(cpuRatio).toBe(0.5)
    expect(Object.keys(model.headInputs({ ...USUAL, claimedTokensPerSecond: 0 }))).toEqual([
      'hidden',
      'speed10',
      'speed50',
      'speed90'
    ])
  })

  it.each<[defect: string, query: ThroughputQuery]>([
    ['concurrency must be at least 1, got 0', { concurrency: 0 }],
    ['promptTokens must be a finite number, got NaN', { promptTokens: NaN }],
    ['rttMs must be at least 0, got -1', { rttMs: -1 }],
    ['paramsB must be a finite number above 0, got 0', { paramsB: 0 }]
  ])('refuses a query by name: %s', (defect, query) => {
    expect(() => model.predict([query])).toThrow(defect)
    expect(() => model.logMsPerToken(query)).toThrow(defect)
  })

  it.each([0, 1.5, NaN])('needs room for a machine at least: %d', (machines) => {
    expect(() => throughputModel(DOCUMENT, { machines })).toThrow('machines must be')
  })
})

describe('whatever is asked', () => {
  const order = ({ tpsP10, tpsP50, tpsP90, ttftMsP10, ttftMsP50, ttftMsP90 }: ThroughputPrediction) =>
    [0, tpsP10, tpsP50, tpsP90, Infinity].every((value, i, all) => i === 0 || all[i - 1] <= value) &&
    [0, ttftMsP10, ttftMsP50, ttftMsP90, 1.7e308].every((value, i, all) => i === 0 || all[i - 1] <= value)

  it('deciles are in order, and beliefs finite', () => {
    fc.assert(
      fc.property(queries, (query) => {
        const prediction = one(query)
        expect(order(prediction)).toBe(true)
        const { mean, variance } = model.logMsPerToken(query)
        expect([Number.isFinite(mean), variance >= 0, variance < 20]).toEqual([true, true, true])
        const { claimResidual = 0, speed50 } = model.headInputs(query)
        expect([Number.isFinite(claimResidual), Number.isFinite(speed50)]).toEqual([true, true])
      }),
      { numRuns: 500 }
    )
  })

  it.each<[what: string, more: (query: ThroughputQuery, factor: number) => ThroughputQuery]>([
    ['concurrency', (query, factor) => ({ ...query, concurrency: (query.concurrency ?? 1) * factor })],
    ['output tokens', (query, factor) => ({ ...query, outputTokens: query.outputTokens! * factor })],
    ['parameters', (query, factor) => ({ ...query, paramsB: query.paramsB! * factor })]
  ])('no more tokens/s come of more %s', (_, more) => {
    fc.assert(
      fc.property(queries, fc.double({ min: 1, max: 1e3, noNaN: true }), (asked, factor) => {
        const query = { ...asked, promptTokens: 100, outputTokens: 1 + factor, paramsB: factor }
        const [before, after] = model.predict([query, more(query, factor)])
        expect(after.tpsP50).toBeLessThanOrEqual(before.tpsP50 * (1 + 1e-12))
      })
    )
  })

  it('no first token comes sooner for a longer prompt or round trip', () => {
    fc.assert(
      fc.property(queries, fc.double({ min: 1, max: 1e3, noNaN: true }), ({ promptTokens = 100, rttMs = 1, ...rest }, factor) => {
        const query = { ...rest, promptTokens: Math.min(1e9, promptTokens), rttMs: Math.min(1e9, rttMs) }
        const [before, longer, farther] = model.predict([
          query,
          { ...query, promptTokens: query.promptTokens * factor },
          { ...query, rttMs: query.rttMs * factor }
        ])
        expect(longer.ttftMsP50 * (1 + 1e-12)).toBeGreaterThanOrEqual(before.ttftMsP50)
        expect(farther.ttftMsP50).toBeGreaterThanOrEqual(before.ttftMsP50)
      })
    )
  })

  it.each([
    ['Q3_K_M', 'Q4_K_M'],
    ['Q4_K_M', 'Q8_0'],
    ['Q8_0', 'fp16']
  ])('%s is at least as fast as %s', (fewer, more) => {
    for (const gpu of ['RTX 3060', 'Apple M1', 'MI300X', 'unheard of']) {
      const [before, after] = model.predict([fewer, more].map((quant) => ({ ...USUAL, gpu, quant })))
      expect(before.tpsP50).toBeGreaterThanOrEqual(after.tpsP50)
    }
  })
})

it('has a column a quantile', () => {
  expect(FORECAST_COLUMNS).toBe(QUANTILE_COUNT)
})
