import { fileURLToPath } from 'node:url'
import { PeerbanditError } from '../core/errors.ts'
import { pcg32, seedFrom } from '../core/rng.ts'
import { readTrace, type TraceJob } from '../simulation/workload/trace.ts'
import { generateWorkload, readWorkloadParameters, scaleToUtilisation, takeWindow } from '../simulation/workload/workload.ts'

/** Parameters fitted to a real trace; see data/README.md. */
const FITTED = fileURLToPath(new URL('../../data/workload/azure-conv.json', import.meta.url))

export interface DemoWorkloadOptions {
  readonly seed: number
  /** How many jobs; with `maxMs` as many of them as arrive by then. */
  readonly jobs: number
  readonly maxMs?: number
  readonly trace?: string
  readonly capacityTokensPerSecond: number
  readonly utilisation: number
}

export interface DemoWorkload {
  readonly jobs: readonly TraceJob[]
  /** Where it comes from, for the report. */
  readonly origin: string
}

/** The jobs of a run: a window of a recorded trace, or drawn from the fitted generator, at the given utilisation. */
export async function demoWorkload(options: DemoWorkloadOptions): Promise<DemoWorkload> {
  const { seed, jobs: count, trace, maxMs = Infinity } = options
  const rng = pcg32(seedFrom('workload', seed))
  const recorded = trace === undefined ? undefined : await readTrace(trace)
  if (recorded !== undefined && recorded.length < count) {
    throw new PeerbanditError(
      'ERR_TRACE',
      `${String(trace)} holds ${recorded.length} jobs, fewer than the ${count} asked for; lower --jobs`
    )
  }
  const drawn =
    recorded === undefined
      ? generateWorkload(await readWorkloadParameters(FITTED), { jobs: count, rng })
      : takeWindow(recorded, { jobs: count, rng })
  const scaled = scaleToUtilisation(drawn, options)
  const jobs = scaled.filter(({ arrivalMs }) => arrivalMs <= maxMs)
  const origin =
    trace === undefined ? 'generated, fitted to the Azure LLM inference trace 2023 (conversation)' : `recorded trace ${trace}`
  return { jobs, origin }
}
