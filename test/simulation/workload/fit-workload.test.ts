import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { compareWorkloads, fitWorkload } from '../../../src/simulation/workload/fit-workload.ts'
import type { WorkloadParameters } from '../../../src/simulation/workload/workload-parameters.ts'
import { generateWorkload } from '../../../src/simulation/workload/workload.ts'

const TRUTH: WorkloadParameters = {
  interArrival: { meanMs: 300, variation: 1.2 },
  promptTokens: { probabilities: [0, 0.5, 1], values: [50, 400, 3000] },
  outputTokens: { probabilities: [0, 0.5, 1], values: [1, 150, 1000] },
  correlation: 0.6
}

describe('fitWorkload', () => {
  const recorded = generateWorkload(TRUTH, { jobs: 20_000, rng: pcg32(1) })

  it('finds the parameters that a workload was drawn from', () => {
    const fitted = fitWorkload(recorded)
    expect(Math.abs(fitted.interArrival.meanMs / 300 - 1)).toBeLessThan(0.03)
    expect(Math.abs(fitted.interArrival.variation - 1.2)).toBeLessThan(0.04)
    expect(Math.abs(fitted.correlation - 0.6)).toBeLessThan(0.02)
    const median = (table: WorkloadParameters['promptTokens']) => table.values[table.probabilities.indexOf(0.5)]
    expect(Math.abs(Number(median(fitted.promptTokens)) / 400 - 1)).toBeLessThan(0.05)
    expect(Math.abs(Number(median(fitted.outputTokens)) / 150 - 1)).toBeLessThan(0.05)
  })

  it('gives back workloads like the recorded one', () => {
    const generated = generateWorkload(fitWorkload(recorded), { jobs: 20_000, rng: pcg32(2) })
    for (const { column, figure, generated: drawn, recorded: real } of compareWorkloads(recorded, generated)) {
      // The smallest times between arrivals are nearly 0: a tenth of them, or 3 ms.
      expect(Math.abs(drawn - real), `${column} ${figure}: ${drawn} for ${real}`).toBeLessThan(Math.max(0.1 * real, 3))
    }
  })
})
