import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../../src/core/errors.ts'
import { MACHINE_WIDTH } from '../../../src/throughput/features.ts'
import { MOST_CORRECTION } from '../../../src/throughput/network.ts'
import { CONSTANTS, CORRECTION_COUNT, LEVELS } from '../../../src/throughput/physics.ts'
import { firstWeights } from '../../../src/training/first-weights.ts'
import { physicsTerms, TERM_COUNT } from '../../../src/training/physics-terms.ts'
import { TRAINING_CONSTANTS } from './constants.ts'
import { progress } from './timing.ts'
import type { TrainingRow } from './training.ts'
import { type TrainingTask, trainingTask } from './training-task.ts'

const run = promisify(execFile)
const besides = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const ENVIRONMENT = fileURLToPath(new URL('../../../.peerbandit/bench-python', import.meta.url))

function matrix(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)))
}

/** All that Python needs to do the same. What was not measured becomes null. */
function taskDocument({ rows, options }: TrainingTask): object {
  const terms = new Float32Array(TERM_COUNT * rows.count)
  physicsTerms(rows.physics, rows.count, terms)
  const { hidden, epochs, learningRate, decay, firstTokenWeight, rng } = options
  const { w1, b1, w2, b2 } = firstWeights(hidden, rng)
  return {
    machines: matrix(rows.machines, MACHINE_WIDTH),
    terms: matrix(terms, rows.count),
    lnSpeed: Array.from(rows.lnSpeed),
    lnFirstToken: Array.from(rows.lnFirstToken),
    weights: Array.from(rows.weights),
    firstWeights: { w1: matrix(w1, hidden), b1: Array.from(b1), w2: matrix(w2, CORRECTION_COUNT), b2: Array.from(b2) },
    ...{ hidden, epochs, learningRate, decay, firstTokenWeight },
    constants: CONSTANTS,
    mostCorrection: MOST_CORRECTION,
    levels: LEVELS,
    warmUpEpochs: TRAINING_CONSTANTS.warmUpEpochs
  }
}

/** @returns its interpreter */
async function pythonEnvironment(): Promise<string> {
  const python = join(ENVIRONMENT, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  progress('training: JAX and scikit-learn come into .peerbandit/bench-python, once')
  await run('python3', ['-m', 'venv', ENVIRONMENT])
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', besides('requirements.txt')])
  return python
}

async function trainInPython(task: TrainingTask): Promise<TrainingRow[]> {
  const python = await pythonEnvironment()
  const folder = await mkdtemp(join(tmpdir(), 'peerbandit-bench-'))
  try {
    const path = join(folder, 'task.json')
    await writeFile(path, JSON.stringify(taskDocument(task)))
    progress('training: Python')
    const { stdout } = await run(python, [besides('model_peers.py'), path])
    return JSON.parse(stdout) as TrainingRow[]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The same training by JAX, and a like one by scikit-learn, or why not. */
export async function runPythonBench(): Promise<TrainingRow[]> {
  return trainInPython(trainingTask()).catch((error: unknown) => [
    // The last line of a traceback says what went wrong.
    { name: 'Python', unavailable: messageOf(error).trim().split('\n').at(-1)! }
  ])
}
