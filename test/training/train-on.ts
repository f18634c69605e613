// Trains on one backend in a process of its own, and prints what came of it: a GPU's driver may take its process with it.
import { pcg32 } from '../../src/core/rng.ts'
import { openBackend } from '../../src/training/backend.ts'
import type { BackendName } from '../../src/training/running-backend.ts'
import { encodeRows } from '../../src/training/encoded-rows.ts'
import { predictWithTensors } from '../../src/training/tf-network.ts'
import { train } from '../../src/training/trainer.ts'
import { measuredRows, randomRows, randomWeights } from './support.ts'

const [, , name, rows, epochs] = process.argv
const lines: string[] = []
const open = () => openBackend({ force: name as BackendName, announce: (line) => lines.push(line) })

const first = await open()
const { history } = await train(first, encodeRows(measuredRows(Number(rows), pcg32(3))), {
  rng: pcg32(4),
  epochs: Number(epochs)
})
await first.close()

const second = await open()
const rng = pcg32(5)
const predicted = await predictWithTensors(second.tf, randomWeights(8, rng), randomRows(400, rng))
await second.close()
process.stdout.write(JSON.stringify({ lines, history, predicted: Array.from(predicted) }))
