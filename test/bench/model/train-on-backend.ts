// Trains on the backend that is named, and prints a row of training.ts as JSON.
import { PeerbanditError } from '../../../src/core/errors.ts'
import { openBackend } from '../../../src/training/backend.ts'
import type { BackendName } from '../../../src/training/running-backend.ts'
import { train } from '../../../src/training/trainer.ts'
import { EpochTimer, trainingTask } from './training-task.ts'
import type { TrainingRow } from './training.ts'

async function trainOn(name: BackendName): Promise<TrainingRow> {
  const backend = await openBackend({ force: name })
  const { rows, options } = trainingTask()
  const timer = new EpochTimer()
  const { history } = await train(backend, rows, {
    ...options,
    onEpoch: () => {
      timer.lap()
    }
  })
  await backend.close()
  const where = backend.device === undefined ? name : `${name} (${backend.device})`
  return { name: `TensorFlow.js ${where}`, rowsPerSecond: timer.rowsPerSecond(rows.count), lastLoss: history.at(-1) }
}

const name = process.argv[2] as BackendName
const row = await trainOn(name).catch((error: unknown): TrainingRow => {
  if (error instanceof PeerbanditError && error.code === 'ERR_BACKEND') return { name, unavailable: error.message }
  throw error
})
process.stdout.write(JSON.stringify(row))
