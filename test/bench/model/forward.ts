import { messageOf } from '../../../src/core/errors.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import type { NetworkWeights } from '../../../src/throughput/network.ts'
import { QUANTILE_COUNT } from '../../../src/throughput/physics.ts'
import { candidateQueries, type Features, featuresOf } from './candidates.ts'
import { FORWARD_CONSTANTS } from './constants.ts'
import { type Contender, type Output, OUTPUTS, typedArrays } from './contender.ts'
import { onnxRuntime } from './onnx-contender.ts'
import { tensorFlow } from './tensorflow-contender.ts'
import { medianUs, progress } from './timing.ts'

export interface ForwardRow {
  readonly output: Output
  readonly candidates: number
  readonly name: string
  /** For all candidates. */
  readonly us: number
  /** To the typed arrays. */
  readonly ratio: number
  /** The largest between its outputs and those of the typed arrays. */
  readonly difference: number
}

/** Rows as columns, and columns as rows. */
function transposed(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)])
}

/** The largest difference, as a share of values above 1 and as it is below; infinite where there is nothing to compare. */
export function largestDifference(expected: Float32Array, got: Float32Array): number {
  if (got.length !== expected.length || got.some(Number.isNaN)) return Infinity
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]) / Math.max(1, Math.abs(value))), 0)
}

/** Outputs in the order of the typed arrays. */
export async function outputsOf(contender: Contender, output: Output, features: Features): Promise<Float32Array> {
  // A copy: some give a view of memory that they use again.
  const values = Float32Array.from(await contender.run(output, features)())
  return output === 'quantiles' && contender.quantilesByColumn ? transposed(values, QUANTILE_COUNT) : values
}

/** One contender at a time, since TensorFlow.js has one backend at a time. */
const OPENERS: readonly ((weights: NetworkWeights) => Contender | Promise<Contender>)[] = [
  typedArrays,
  (weights) => tensorFlow('wasm', weights),
  (weights) => tensorFlow('cpu', weights),
  onnxRuntime
]

type Measured = Omit<ForwardRow, 'ratio' | 'difference'> & { readonly outputs: Float32Array }

async function measure(contender: Contender): Promise<Measured[]> {
  const { candidateCounts, seed, budgetMsPerCase } = FORWARD_CONSTANTS
  const measured: Measured[] = []
  for (const candidates of candidateCounts) {
    const features = featuresOf(candidateQueries(candidates, pcg32(seed)))
    for (const output of OUTPUTS) {
      const us = await medianUs(contender.run(output, features), budgetMsPerCase)
      measured.push({ output, candidates, name: contender.name, us, outputs: await outputsOf(contender, output, features) })
    }
  }
  return measured
}

/** Undefined for one that cannot be had here, which is said. */
async function opened(open: () => Contender | Promise<Contender>): Promise<Contender | undefined> {
  try {
    return await open()
  } catch (error) {
    progress(`forward pass: one is left out: ${messageOf(error)}`)
    return undefined
  }
}

/** Every contender from the same features and weights: by what is asked, then by number of candidates. */
export async function runForwardBench(weights: NetworkWeights): Promise<ForwardRow[]> {
  const all: Measured[][] = []
  for (const open of OPENERS) {
    const contender = await opened(() => open(weights))
    if (contender === undefined) continue
    progress(`forward pass: ${contender.name}`)
    all.push(await measure(contender))
    await contender.close()
  }
  const rows = all.flatMap((measured) =>
    measured.map(({ outputs, ...row }, i) => {
      const ours = all[0][i]
      return { ...row, ratio: row.us / ours.us, difference: largestDifference(ours.outputs, outputs) }
    })
  )
  const placeOf = ({ output, candidates }: ForwardRow) => OUTPUTS.indexOf(output) * 1e9 + candidates
  return rows.sort((a, b) => placeOf(a) - placeOf(b))
}
