// npm run bench:model: the throughput model's forward pass by number of candidates, and what an online update costs.
import { fileURLToPath } from 'node:url'
import { gpus } from '../../src/catalogue/gpu-table.ts'
import { systemClock } from '../../src/core/clock.ts'
import { pcg32, type Pcg32 } from '../../src/core/rng.ts'
import { encodeMachine, encodePhysics, MACHINE_WIDTH, PHYSICS_WIDTH } from '../../src/throughput/features.ts'
import { loadOf } from '../../src/throughput/load.ts'
import { machineOf } from '../../src/throughput/machine.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { networkOutputs, runNetwork } from '../../src/throughput/network.ts'
import { onlineHead } from '../../src/throughput/online-head.ts'
import { physicsHead, QUANTILE_COUNT } from '../../src/throughput/physics.ts'
import type { ThroughputQuery } from '../../src/throughput/query.ts'
import { FORECAST_COLUMNS, throughputModel } from '../../src/throughput/throughput-model.ts'
import { sampleModel } from '../throughput/sample-model.ts'

/** Everything that the figures depend on, printed before them. */
export const MODEL_CONSTANTS = {
  seed: 20260101,
  candidateCounts: [1, 10, 100, 1_000, 10_000],
  hidden: 32,
  /** Machines among the candidates: GPUs of the catalogue, with one or two of them. */
  kinds: 200,
  budgetMsPerCase: 300,
  headPeers: 500
} as const

const JOB = { model: 'llama3.1:8b-instruct-q4_K_M', promptTokens: 512, outputTokens: 128 } as const

/** One way to answer for all candidates. */
interface Contender {
  readonly name: string
  readonly run: () => void
}

export interface ForwardRow {
  readonly candidates: number
  /** Median of each contender, µs for all candidates. */
  readonly us: Readonly<Record<string, number>>
}

/** Median time of one run, µs: of samples that are long enough for the clock, over the budget. */
export function medianUs(run: () => void): number {
  const { budgetMsPerCase } = MODEL_CONSTANTS
  const timed = (repeats: number) => {
    const start = systemClock.now()
    for (let i = 0; i < repeats; i++) run()
    return systemClock.now() - start
  }
  let repeats = 1
  while (timed(repeats) < 0.2) repeats *= 2
  const samples: number[] = []
  for (let spent = 0; spent < budgetMsPerCase || samples.length < 9; spent += samples.at(-1)! * repeats) {
    samples.push(timed(repeats) / repeats)
  }
  // The first half warms up.
  const settled = samples.slice(samples.length >> 1).sort((a, b) => a - b)
  return settled[settled.length >> 1] * 1000
}

function candidateQueries(count: number, rng: Pcg32): ThroughputQuery[] {
  const table = gpus()
  const kinds = Array.from({ length: MODEL_CONSTANTS.kinds }, () => ({
    gpu: table[Math.floor(rng.next() * table.length)].name,
    gpuCount: 1 + Math.floor(2 * rng.next())
  }))
  return Array.from({ length: count }, () => ({
    ...JOB,
    ...kinds[Math.floor(rng.next() * kinds.length)],
    concurrency: 1 + Math.floor(8 * rng.next()),
    rttMs: 100 * rng.next()
  }))
}

/** Features of all candidates: what every backend of a network starts from. */
export function encodedCandidates(queries: readonly ThroughputQuery[]) {
  const machines = new Float32Array(queries.length * MACHINE_WIDTH)
  const physics = new Float32Array(queries.length * PHYSICS_WIDTH)
  queries.forEach((query, i) => {
    const load = loadOf(query)
    encodeMachine(machineOf(query), load, machines, i * MACHINE_WIDTH)
    encodePhysics(machineOf(query), load, physics, i * PHYSICS_WIDTH)
  })
  return { machines, physics, count: queries.length }
}

/** Keeps results alive, so that no pass is optimised away. */
const sink = new Float64Array(1)

/** Other backends are to be added here: each from the same features. */
function contenders(queries: readonly ThroughputQuery[]): Contender[] {
  const document = readModelDocument(writeModelDocument(sampleModel(MODEL_CONSTANTS.seed)))
  const count = queries.length
  const { machines, physics } = encodedCandidates(queries)
  const outputs = networkOutputs(count, document.weights.hidden)
  const quantiles = new Float32Array(count * QUANTILE_COUNT)
  const model = throughputModel(document)
  const known = {
    machines: queries.map((query) => model.machine(query)),
    concurrency: queries.map((q) => q.concurrency ?? 1),
    count
  }
  const forecast = new Float64Array(count * FORECAST_COLUMNS)
  const load = loadOf(JOB)
  return [
    {
      name: 'network and physics for every candidate',
      run: () => {
        runNetwork(document.weights, machines, count, outputs)
        physicsHead({ corrections: outputs.corrections, physics, count }, quantiles)
        sink[0] += quantiles[0]
      }
    },
    {
      name: 'machines known: one job at all',
      run: () => {
        model.forecast(load, known, forecast)
        sink[0] += forecast[0]
      }
    },
    {
      name: 'machines known: rows from queries',
      run: () => {
        sink[0] += model.predict(queries)[0].tpsP50
      }
    },
    {
      name: 'nothing known: rows from queries',
      run: () => {
        sink[0] += throughputModel(document).predict(queries)[0].tpsP50
      }
    }
  ]
}

export function runForwardBench(): ForwardRow[] {
  return MODEL_CONSTANTS.candidateCounts.map((candidates) => {
    const all = contenders(candidateQueries(candidates, pcg32(MODEL_CONSTANTS.seed)))
    return { candidates, us: Object.fromEntries(all.map(({ name, run }) => [name, medianUs(run)])) }
  })
}

/** µs of one outcome at a head that knows many peers: learned, and learned and read, which solves for the coefficients. */
export function runHeadBench() {
  const { headPeers, hidden, seed } = MODEL_CONSTANTS
  const rng = pcg32(seed)
  const model = throughputModel(readModelDocument(writeModelDocument(sampleModel(seed))))
  const inputs = candidateQueries(headPeers, rng).map((query) =>
    model.headInputs({ ...query, claimedTokensPerSecond: 1 + 100 * rng.next() }, rng.next())
  )
  const head = onlineHead({ hidden, id: model.document.sha256 })
  let atMs = 0
  const update = () => {
    const peer = rng.nextUint32() % headPeers
    atMs += 100
    head.update(`peer-${peer}`, inputs[peer], Math.exp(inputs[peer].speed50 + 0.4 * rng.next()), atMs)
    return peer
  }
  for (let i = 0; i < 4 * headPeers; i++) update()
  const read = (peer: number) => {
    sink[0] += head.predict(`peer-${peer}`, inputs[peer], atMs).variance
  }
  return {
    updateUs: medianUs(update),
    updateAndPredictUs: medianUs(() => {
      read(update())
    }),
    predictUs: medianUs(() => {
      read(7)
    }),
    snapshotBytes: JSON.stringify(head.snapshot()).length
  }
}

function print(rows: readonly ForwardRow[], head: ReturnType<typeof runHeadBench>): void {
  const [first] = rows.map(({ us }) => Object.keys(us)[0])
  const lines = rows.flatMap(({ candidates, us }) =>
    Object.entries(us).map(([name, value]) =>
      [
        String(candidates).padStart(10),
        value.toFixed(2).padStart(12),
        ((1000 * value) / candidates).toFixed(0).padStart(14),
        (value / us[first]).toFixed(3).padStart(9),
        `  ${name}`
      ].join('')
    )
  )
  const heading = ['candidates', 'p50 µs'.padStart(12), 'ns each'.padStart(14), 'ratio'.padStart(9), '  way'].join('')
  const figures = Object.entries(head).map(([name, value]) => `${name}: ${value.toFixed(1)}`)
  process.stdout.write(`${heading}\n${lines.join('\n')}\n\nonline head, ${figures.join(', ')}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(MODEL_CONSTANTS)}\n`)
  print(runForwardBench(), runHeadBench())
}
