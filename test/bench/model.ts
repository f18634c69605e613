// npm run bench:model: the throughput model's forward pass beside other runtimes, serving, the online head, and training.
import { join } from 'node:path'
import { readModelFile, SHIPPED_MODELS } from '../../src/throughput/model-store.ts'
import { FORWARD_CONSTANTS, HEAD_CONSTANTS, TRAINING_CONSTANTS } from './model/constants.ts'
import { type ForwardRow, runForwardBench } from './model/forward.ts'
import { runPythonBench } from './model/python-peers.ts'
import { runHeadBench, runServingBench } from './model/serving.ts'
import { runTrainingBench, type TrainingRow } from './model/training.ts'
import { section, table } from './table.ts'

function forwardTable(rows: readonly ForwardRow[]): string {
  return table(
    ['gives', 'candidates', 'by', 'p50 µs', 'ns each', '× peerbandit', 'difference'],
    rows.map(({ output, candidates, name, us, ratio, difference }) => [
      output,
      candidates,
      name,
      us.toFixed(1),
      ((1000 * us) / candidates).toFixed(0),
      ratio.toFixed(2),
      difference.toExponential(1)
    ])
  )
}

/** Whether all gave the same, in words. */
function agreement(rows: readonly ForwardRow[]): string {
  const worst = Math.max(...rows.map(({ difference }) => difference))
  const { tolerance } = FORWARD_CONSTANTS
  if (worst <= tolerance)
    return `All give the same outputs within ${tolerance}: the largest difference is ${worst.toExponential(1)}.`
  process.exitCode = 1
  return `OUTPUTS DIFFER by up to ${worst.toExponential(1)}, more than ${tolerance}.`
}

function trainingTable(rows: readonly TrainingRow[]): string {
  const ran = rows.filter((row) => 'rowsPerSecond' in row)
  const { rowsPerSecond: wasm = NaN } = ran.find(({ name }) => name.endsWith('wasm')) ?? {}
  const without = rows.flatMap((row) => ('unavailable' in row ? [`not ${row.name}: ${row.unavailable}`] : []))
  const shown = table(
    ['by', 'rows/s', '× wasm', 'last loss'],
    ran.map(({ name, rowsPerSecond, lastLoss }) => [
      name,
      Math.round(rowsPerSecond),
      (rowsPerSecond / wasm).toFixed(2),
      lastLoss?.toFixed(5) ?? 'another'
    ])
  )
  return [shown, ...without].join('\n')
}

const document = await readModelFile(join(SHIPPED_MODELS, 'default.json'))

const forward = await runForwardBench(document.weights)
section(
  'Forward pass: the network alone gives corrections, with the physics quantiles; the others get sums of the physics ready-made',
  FORWARD_CONSTANTS,
  `${forwardTable(forward)}\n\n${agreement(forward)}`
)

const serving = await runServingBench(document)
section(
  'Serving, µs: machines known and one job at all; machines known, rows from queries; nothing known, rows from queries',
  { ...FORWARD_CONSTANTS, tolerance: undefined },
  table(
    ['candidates', 'forecast', 'predict', 'predict first'],
    serving.map(({ candidates, forecastUs, predictUs, predictFirstUs }) => [
      candidates,
      forecastUs.toFixed(2),
      predictUs.toFixed(1),
      predictFirstUs.toFixed(1)
    ])
  )
)

const head = await runHeadBench(document)
section(
  'Online head: one outcome',
  HEAD_CONSTANTS,
  table(
    ['learn, µs', 'learn and read, µs', 'read, µs', 'snapshot, bytes'],
    [[head.updateUs.toFixed(1), head.updateAndPredictUs.toFixed(1), head.predictUs.toFixed(1), head.snapshotBytes]]
  )
)

const withPython = process.argv.includes('--python')
const training = [...(await runTrainingBench()), ...(withPython ? await runPythonBench() : [])]
const hint = withPython ? '' : '\n\nnpm run bench:model -- --python adds JAX and scikit-learn: it installs them, 700 MB, once.'
section('Training: rows a second of the median epoch, all rows in one batch', TRAINING_CONSTANTS, trainingTable(training) + hint)
