import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { workTokens } from '../../../src/job/job.ts'
import type { WorkloadParameters } from '../../../src/simulation/workload/workload-parameters.ts'
import {
  generateWorkload,
  jobOf,
  readWorkloadParameters,
  requestLimit,
  scaleToUtilisation,
  takeWindow
} from '../../../src/simulation/workload/workload.ts'

const PARAMETERS: WorkloadParameters = {
  interArrival: { meanMs: 200, variation: 1.5 },
  promptTokens: { probabilities: [0, 0.5, 1], values: [10, 100, 1000] },
  outputTokens: { probabilities: [0, 0.5, 1], values: [1, 100, 500] },
  correlation: 0
}

function draw(jobs: number, overrides: Partial<WorkloadParameters> = {}, seed = 1) {
  return generateWorkload({ ...PARAMETERS, ...overrides }, { jobs, rng: pcg32(seed) })
}

const rng = fc.integer().map((seed) => pcg32(seed))
const workload = fc.record({ jobs: fc.integer({ min: 2, max: 60 }), rng }).map((options) => generateWorkload(PARAMETERS, options))

describe('generateWorkload', () => {
  it('draws the same jobs from the same seed, and others from another', () => {
    expect(draw(50)).toEqual(draw(50))
    expect(draw(50, {}, 2)).not.toEqual(draw(50))
  })

  it('starts at 0 and keeps to whole numbers within the tables, in order of arrival', () => {
    fc.assert(
      fc.property(workload, (jobs) => {
        expect(jobs[0]?.arrivalMs).toBe(0)
        for (const [i, job] of jobs.entries()) {
          expect(job.arrivalMs, `arrival of job ${i}`).toBeGreaterThanOrEqual(jobs[i - 1]?.arrivalMs ?? 0)
          expect(Number.isInteger(job.promptTokens) && job.promptTokens >= 10 && job.promptTokens <= 1000, `job ${i}`).toBe(true)
          expect(Number.isInteger(job.outputTokens) && job.outputTokens >= 1 && job.outputTokens <= 500, `job ${i}`).toBe(true)
        }
      })
    )
  })

  it.each([0.5, 1, 1.5])('draws times between arrivals with the mean and the variation %s', (variation) => {
    const jobs = draw(40_001, { interArrival: { meanMs: 200, variation } })
    const gaps = jobs.slice(1).map((job, i) => job.arrivalMs - (jobs[i]?.arrivalMs ?? NaN))
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    expect(Math.abs(mean - 200)).toBeLessThan(5)
    expect(Math.abs(spread / mean - variation)).toBeLessThan(0.03)
  })

  it('draws half of the lengths below the median', () => {
    const below = draw(20_000).filter((job) => job.promptTokens < 100).length
    expect(Math.abs(below / 20_000 - 0.5)).toBeLessThan(0.015)
  })

  it.each([
    [1, 1],
    [-1, 0],
    [0, 0.5]
  ])('joins the lengths with correlation %s', (correlation, expectedShare) => {
    const jobs = draw(20_000, { correlation })
    const sameSide = jobs.filter((job) => job.promptTokens < 100 === job.outputTokens < 100).length
    expect(Math.abs(sameSide / jobs.length - expectedShare)).toBeLessThan(0.02)
  })

  it.each([
    [{ interArrival: { meanMs: 0, variation: 1 } }, 'interArrival.meanMs must be a finite number above 0, got 0'],
    [{ interArrival: { meanMs: 1, variation: NaN } }, 'interArrival.variation must be a finite number above 0, got NaN'],
    [{ correlation: 1.1 }, 'correlation must be between -1 and 1, got 1.1'],
    [
      { promptTokens: { probabilities: [0, 0.9], values: [1, 2] } },
      'promptTokens.probabilities must rise from 0 to 1, got [0,0.9]'
    ],
    [
      { outputTokens: { probabilities: [0, 1], values: [5, 2] } },
      'outputTokens.values must be 2 numbers of at least 1 that do not fall, got [5,2]'
    ],
    [
      { outputTokens: { probabilities: [0, 1], values: [0, 2] } },
      'outputTokens.values must be 2 numbers of at least 1 that do not fall, got [0,2]'
    ]
  ])('refuses %j', (overrides, message) => {
    expect(() => draw(1, overrides)).toThrow(message)
  })
})

describe('the fitted parameters of the Azure trace', () => {
  it('give jobs like those of the trace', async () => {
    const parameters = await readWorkloadParameters('data/workload/azure-conv.json')
    const jobs = generateWorkload(parameters, { jobs: 20_000, rng: pcg32(3) })
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    // Of the trace: 1154.7 prompt tokens, 211.1 output tokens, 180.8 ms between arrivals, 66.3 % within 256 tokens of output.
    expect(mean(jobs.map((job) => job.promptTokens)) / 1154.7).toBeCloseTo(1, 1)
    expect(mean(jobs.map((job) => job.outputTokens)) / 211.1).toBeCloseTo(1, 1)
    expect((jobs.at(-1)?.arrivalMs ?? NaN) / 19_999 / 180.8).toBeCloseTo(1, 1)
    expect(jobs.filter((job) => job.outputTokens <= 256).length / jobs.length).toBeCloseTo(0.663, 1)
  })

  it.each(['none.json', 'package.json'])('are refused from %s', async (path) => {
    await expect(readWorkloadParameters(path)).rejects.toThrow(`${path} must hold fitted workload parameters: `)
  })
})

describe('takeWindow', () => {
  it('takes a stretch of the trace as it is, shifted to start at 0', () => {
    fc.assert(
      fc.property(workload, fc.nat(), rng, (trace, n, random) => {
        const jobs = 1 + (n % trace.length)
        const window = takeWindow(trace, { jobs, rng: random })
        expect(window).toHaveLength(jobs)
        const starts = trace.flatMap((first, start) => {
          const stretch = trace.slice(start, start + jobs).map((job) => ({ ...job, arrivalMs: job.arrivalMs - first.arrivalMs }))
          return JSON.stringify(stretch) === JSON.stringify(window) ? [start] : []
        })
        expect(starts.length).toBeGreaterThan(0)
      })
    )
  })

  it('finds every stretch, and all of a trace where that is asked for', () => {
    const trace = draw(5)
    const random = pcg32(1)
    const starts = Array.from({ length: 100 }, () => takeWindow(trace, { jobs: 3, rng: random })[0]?.promptTokens)
    expect(new Set(starts)).toEqual(new Set(trace.slice(0, 3).map((job) => job.promptTokens)))
    expect(takeWindow(trace, { jobs: 5, rng: random })).toEqual(trace)
  })

  it('refuses more jobs than there are', () => {
    expect(() => takeWindow(draw(5), { jobs: 6, rng: pcg32(1) })).toThrow('jobs must be an integer from 1 to 5, got 6')
  })
})

describe('scaleToUtilisation', () => {
  it('offers the asked share of the capacity and changes nothing but arrivals', () => {
    fc.assert(
      fc.property(
        workload,
        fc.double({ min: 1, max: 1e4, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        (...drawn) => {
          const [trace, capacityTokensPerSecond, utilisation] = drawn
          const scaled = scaleToUtilisation(trace, { capacityTokensPerSecond, utilisation })
          const work = scaled.reduce((sum, job) => sum + workTokens(job.promptTokens, job.outputTokens), 0)
          const spanS = (scaled.at(-1)?.arrivalMs ?? NaN) / 1000
          expect(work / spanS / capacityTokensPerSecond / utilisation).toBeCloseTo(1, 9)
          expect(scaled.map((job) => job.outputTokens)).toEqual(trace.map((job) => job.outputTokens))
        }
      )
    )
  })

  it('offers 60 % unless told otherwise', () => {
    const jobs = [0, 500].map((arrivalMs) => ({ arrivalMs, promptTokens: 200, outputTokens: 50 }))
    expect(scaleToUtilisation(jobs, { capacityTokensPerSecond: 100 }).map((job) => job.arrivalMs)).toEqual([0, 2000])
  })

  it('refuses jobs that all arrive at once', () => {
    const jobs = draw(1)
    const message = 'jobs must arrive over some time, got 1 within 0 ms'
    expect(() => scaleToUtilisation(jobs, { capacityTokensPerSecond: 1 })).toThrow(message)
    expect(() => scaleToUtilisation([], { capacityTokensPerSecond: 1 })).toThrow('got 0 within 0 ms')
  })
})

describe('jobOf', () => {
  it.each([
    [1, 1, 'interactive'],
    [3, 4, 'interactive'],
    [129, 256, 'interactive'],
    [256, 256, 'interactive'],
    [257, 512, 'batch'],
    [1000, 1024, 'batch']
  ])('%i tokens run under a limit of %i as %s', (outputTokens, expectedOutputTokens, workloadClass) => {
    expect(requestLimit(outputTokens)).toBe(expectedOutputTokens)
    const job = jobOf({ arrivalMs: 5, promptTokens: 7, outputTokens }, { id: 'a', model: 'm', deadlineMs: 9 })
    expect(job).toEqual({ id: 'a', model: 'm', deadlineMs: 9, promptTokens: 7, expectedOutputTokens, workloadClass })
  })
})
