import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { BACKENDS, type BackendName } from '../../../src/training/running-backend.ts'
import { vulkanEnvironment } from '../../training/support.ts'
import { progress } from './timing.ts'

/** What trained, or why it did not. */
export type TrainingRow = { readonly name: string } & (Trained | { readonly unavailable: string })

interface Trained {
  readonly rowsPerSecond: number
  /** The objective of the last epoch; undefined where it is another one. */
  readonly lastLoss?: number
}

const PROGRAM = fileURLToPath(new URL('train-on-backend.ts', import.meta.url))

/** In a process of its own: TensorFlow.js has one backend at a time, and a GPU's driver may take its process with it. */
async function trainOn(backend: BackendName): Promise<TrainingRow> {
  progress(`training: ${backend}`)
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, backend], { env: vulkanEnvironment() ?? process.env })
  return JSON.parse(stdout) as TrainingRow
}

/** Every backend from the same rows, weights and learning rates. */
export async function runTrainingBench(): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = []
  for (const backend of BACKENDS) rows.push(await trainOn(backend))
  return rows
}
