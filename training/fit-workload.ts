// Fits the workload generator to a recorded trace:
//   node training/fit-workload.ts --trace PATH --out data/workload/azure-conv.json
// The description of the source is that of the one trace that the project's parameters come from.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { pcg32 } from '../src/core/rng.ts'
import { rankCorrelation } from '../src/math/rank-correlation.ts'
import { compareWorkloads, fitWorkload } from '../src/simulation/workload/fit-workload.ts'
import type { FitFigure } from '../src/simulation/workload/fit-workload.ts'
import { loadTrace } from '../src/simulation/workload/trace.ts'
import type { TraceJob } from '../src/simulation/workload/trace.ts'
import { generateWorkload } from '../src/simulation/workload/workload.ts'

const SOURCE = {
  name: 'Azure LLM inference trace 2023, conversation',
  origin: 'https://github.com/Azure/AzurePublicDataset, data/AzureLLMInferenceTrace_conv.csv',
  citation: 'Patel et al., "Splitwise: Efficient Generative LLM Inference Using Phase Splitting", ISCA 2024',
  licence: 'CC-BY 4.0'
}

/** The fit is compared on one drawn workload of the same length. */
const COMPARISON_SEED = 1

function round(value: number): number {
  return Number(value.toPrecision(5))
}

function rankCorrelationOf(jobs: readonly TraceJob[]): number {
  return rankCorrelation(
    jobs.map((job) => job.promptTokens),
    jobs.map((job) => job.outputTokens)
  )
}

function rounded({ column, figure, generated, recorded }: FitFigure): FitFigure {
  return { column, figure, recorded: round(recorded), generated: round(generated) }
}

const { values } = parseArgs({ options: { trace: { type: 'string' }, out: { type: 'string' } } })
if (values.trace === undefined || values.out === undefined) {
  process.stderr.write('usage: node training/fit-workload.ts --trace PATH --out PATH\n')
  process.exitCode = 2
} else {
  const { jobs: recorded, summary } = await loadTrace(values.trace)
  const fitted = fitWorkload(recorded)
  const parameters = {
    ...fitted,
    interArrival: { meanMs: round(fitted.interArrival.meanMs), variation: round(fitted.interArrival.variation) },
    correlation: round(fitted.correlation)
  }
  const generated = generateWorkload(parameters, { jobs: recorded.length, rng: pcg32(COMPARISON_SEED) })
  const fit = {
    seed: COMPARISON_SEED,
    rankCorrelation: { recorded: round(rankCorrelationOf(recorded)), generated: round(rankCorrelationOf(generated)) },
    figures: compareWorkloads(recorded, generated).map(rounded)
  }
  await mkdir(dirname(values.out), { recursive: true })
  await writeFile(values.out, `${JSON.stringify({ source: SOURCE, rows: recorded.length, parameters, fit }, undefined, 2)}\n`)
  process.stdout.write(
    `${summary.jobs} jobs of ${values.trace} (${summary.layout}) fitted into ${values.out}; ${summary.dropped} dropped\n`
  )
}
