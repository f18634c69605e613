import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { networkOutputs, runNetwork } from '../../src/throughput/network.ts'
import { QUANTILE_COUNT, physicsHead } from '../../src/throughput/physics.ts'
import { NO_DRIVER, randomRows, randomWeights, vulkanEnvironment } from './support.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('train-on.ts', import.meta.url))
const ROWS = '120'
const EPOCHS = '20'
const PREDICTED = 400

interface Trained {
  readonly lines: readonly string[]
  readonly history: readonly number[]
  readonly predicted: readonly number[]
}

const environments = { cpu: process.env, wasm: process.env, webgpu: vulkanEnvironment() }
type Tested = keyof typeof environments

if (environments.webgpu === undefined) process.stderr.write(`WebGPU tests are skipped: ${NO_DRIVER}\n`)

async function trainOn(backend: Tested): Promise<Trained> {
  const { stdout } = await run(process.execPath, [PROGRAM, backend, ROWS, EPOCHS], { env: environments[backend] })
  return JSON.parse(stdout) as Trained
}

let onCpu: Promise<Trained> | undefined

/** What both are held against, trained once. */
function trainPlain(): Promise<Trained> {
  return (onCpu ??= trainOn('cpu'))
}

function expected(): Float32Array {
  const rng = pcg32(5)
  const weights = randomWeights(8, rng)
  const { machines, physics } = randomRows(PREDICTED, rng)
  const outputs = networkOutputs(PREDICTED, 8)
  const into = new Float32Array(PREDICTED * QUANTILE_COUNT)
  runNetwork(weights, machines, PREDICTED, outputs)
  physicsHead({ corrections: outputs.corrections, physics, count: PREDICTED }, into)
  return into
}

describe.each<Tested>(['wasm', 'webgpu'])('training on %s', (name) => {
  describe.skipIf(environments[name] === undefined)('beside plain JavaScript', () => {
    let trained: Trained
    let plain: Trained
    beforeAll(async () => {
      plain = await trainPlain()
      trained = await trainOn(name)
    })

    it('reaches the same loss within 2 % in every epoch', () => {
      const { history, lines } = trained
      expect(lines).toHaveLength(2)
      for (const line of lines) expect(line).toMatch(new RegExp(`^backend: ${name}`))
      expect(history).toHaveLength(Number(EPOCHS))
      expect(history.at(-1)!).toBeLessThan(history[0] / 1.2)
      const apart = history.map((loss, epoch) => Math.abs(loss / plain.history[epoch] - 1))
      expect(Math.max(...apart)).toBeLessThan(0.02)
    })

    it('predicts what the typed-array pass predicts, within 1e-5', () => {
      const { predicted } = trained
      const apart = Array.from(expected(), (value, i) => Math.abs(value - predicted[i]))
      expect(Math.max(...apart)).toBeLessThan(1e-5)
    })
  })
})
