import { parentPort, workerData } from 'node:worker_threads'
import { fuzz, loadTarget } from './fuzz-run.ts'

const { file, runs, seed, timeLimitMs } = workerData as {
  readonly file: string
  readonly runs: number
  readonly seed: number
  readonly timeLimitMs: number
}

/** What a thread tells: how far it is, and at last what came of it. */
const report = await fuzz(await loadTarget(new URL(file)), {
  runs,
  seed,
  timeLimitMs,
  onProgress: (inputs) => parentPort?.postMessage({ inputs })
})
parentPort?.postMessage({ report })
