import { beforeAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import type { NetworkWeights } from '../../../src/throughput/network.ts'
import { physicsTerms, TERM_COUNT } from '../../../src/training/physics-terms.ts'
import { messageOf } from '../../../src/core/errors.ts'
import { randomRows, randomWeights } from '../../training/support.ts'
import type { Features } from './candidates.ts'
import { type Contender, OUTPUTS, typedArrays } from './contender.ts'
import { largestDifference, outputsOf } from './forward.ts'
import { onnxRuntime } from './onnx-contender.ts'
import { loadOnnxRuntime } from './onnx-runtime.ts'
import { tensorFlow } from './tensorflow-contender.ts'

function randomFeatures(count: number, seed: number): Features {
  const rows = randomRows(count, pcg32(seed))
  const terms = new Float32Array(TERM_COUNT * count)
  physicsTerms(rows.physics, count, terms)
  return { count, terms, ...rows }
}

type Opener = (weights: NetworkWeights) => Promise<Contender>

describe.each<[string, Opener]>([
  ['ONNX Runtime, from the file that we write,', onnxRuntime],
  ['TensorFlow.js', (weights) => tensorFlow('wasm', weights)]
])('%s', (_, open) => {
  let lacking: string | undefined
  beforeAll(async () => {
    lacking = open === onnxRuntime ? await loadOnnxRuntime().then(() => undefined, messageOf) : undefined
    if (lacking !== undefined) process.stderr.write(`not compared: ${lacking}\n`)
  }, 300_000)

  it.for([
    [1, 2_000],
    [7, 1],
    [32, 10],
    [48, 2_000]
  ])('equals the typed-array pass within 1e-5 with %i hidden units and %i candidates', async ([hidden, count], { skip }) => {
    skip(lacking !== undefined, lacking)
    const weights = randomWeights(hidden, pcg32(hidden))
    const features = randomFeatures(count, hidden + 1)
    const contender = await open(weights)
    for (const output of OUTPUTS) {
      const expected = await outputsOf(typedArrays(weights), output, features)
      const got = await outputsOf(contender, output, features)
      expect(largestDifference(expected, got), output).toBeLessThan(1e-5)
    }
    await contender.close()
  })
})

describe('the difference between outputs', () => {
  it.each([
    [[1, 2], [1, 2], 0],
    [[0.5, 2], [0.25, 2], 0.25],
    [[-100, 2], [-101, 2], 0.01],
    [[1, 2], [1], Infinity],
    [[1, 2], [1, NaN], Infinity]
  ])('of %j and %j is %d', (expected, got, difference) => {
    expect(largestDifference(Float32Array.from(expected), Float32Array.from(got))).toBeCloseTo(difference)
  })
})
