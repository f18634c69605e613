import { pcg32 } from '../../../src/core/rng.ts'
import { loadOf } from '../../../src/throughput/load.ts'
import type { ModelDocument } from '../../../src/throughput/model-document.ts'
import { onlineHead } from '../../../src/throughput/online-head.ts'
import { FORECAST_COLUMNS, throughputModel } from '../../../src/throughput/throughput-model.ts'
import { candidateQueries, JOB } from './candidates.ts'
import { FORWARD_CONSTANTS, HEAD_CONSTANTS } from './constants.ts'
import { medianUs, progress, type Run } from './timing.ts'

export interface ServingRow {
  readonly candidates: number
  /** Of one forecast for all candidates, µs, by what is known before. */
  readonly forecastUs: number
  readonly predictUs: number
  readonly predictFirstUs: number
}

/** Keeps single numbers alive, so that no pass is optimised away. */
const sink = new Float32Array(1)

function keep(compute: () => number): Run {
  return () => {
    sink[0] += compute()
    return sink
  }
}

/** How a router asks: machines are known, and the network has run for them before. */
export async function runServingBench(document: ModelDocument): Promise<ServingRow[]> {
  const { candidateCounts, seed, budgetMsPerCase } = FORWARD_CONSTANTS
  const rows: ServingRow[] = []
  for (const candidates of candidateCounts) {
    progress(`serving: ${candidates} candidates`)
    const queries = candidateQueries(candidates, pcg32(seed))
    const model = throughputModel(document)
    const known = {
      machines: queries.map((query) => model.machine(query)),
      concurrency: queries.map((query) => query.concurrency ?? 1),
      count: candidates
    }
    const forecast = new Float64Array(candidates * FORECAST_COLUMNS)
    const load = loadOf(JOB)
    const time = (compute: () => number) => medianUs(keep(compute), budgetMsPerCase)
    rows.push({
      candidates,
      forecastUs: await time(() => {
        model.forecast(load, known, forecast)
        return forecast[0]
      }),
      predictUs: await time(() => model.predict(queries)[0].tpsP50),
      predictFirstUs: await time(() => throughputModel(document).predict(queries)[0].tpsP50)
    })
  }
  return rows
}

/** µs of one outcome at a head that knows many peers: learned, and learned and read, which solves for the coefficients. */
export async function runHeadBench(document: ModelDocument) {
  const { peers, seed, budgetMsPerCase } = HEAD_CONSTANTS
  progress('online head')
  const rng = pcg32(seed)
  const model = throughputModel(document)
  const inputs = candidateQueries(peers, rng).map((query) =>
    model.headInputs({ ...query, claimedTokensPerSecond: 1 + 100 * rng.next() }, rng.next())
  )
  const head = onlineHead({ hidden: document.weights.hidden, id: document.sha256 })
  let atMs = 0
  const update = () => {
    const peer = rng.nextUint32() % peers
    atMs += 100
    head.update(`peer-${peer}`, inputs[peer], Math.exp(inputs[peer].speed50 + 0.4 * rng.next()), atMs)
    return peer
  }
  const read = (peer: number) => head.predict(`peer-${peer}`, inputs[peer], atMs).variance
  for (let i = 0; i < 4 * peers; i++) update()
  const time = (compute: () => number) => medianUs(keep(compute), budgetMsPerCase)
  return {
    updateUs: await time(update),
    updateAndPredictUs: await time(() => read(update())),
    predictUs: await time(() => read(7)),
    snapshotBytes: JSON.stringify(head.snapshot()).length
  }
}
