// Runs every target with many inputs: npm run fuzz -- --runs 100000 --seed 42 --target metric
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { progressBar } from '../../src/cli/progress-bar.ts'
import { checkInteger } from '../../src/core/check.ts'
import { systemClock } from '../../src/core/clock.ts'
import { messageOf } from '../../src/core/errors.ts'
import { type FuzzReport, targetFiles } from './fuzz-run.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string' }, target: { type: 'string', default: '' } }
})
const runs = checkInteger('--runs', Number(values.runs), { min: 1 })
const seed = checkInteger('--seed', Number(values.seed ?? Math.floor(systemClock.wall()) % 2 ** 31), { max: 2 ** 31 - 1 })

/** For one input of a codec that waits, ms. */
const INPUT_LIMIT_MS = 2_000
/** A thread that tells nothing for so long goes round in circles: nothing inside it can say so. */
const SILENCE_LIMIT_MS = 60_000

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

function lineOf(report: FuzzReport): string {
  const { crashes, hangs } = report
  const heap = `${megabytes(report.heapBefore)} -> ${megabytes(report.heapAfter)}`
  const counts = `${report.inputs} inputs, ${report.values} values, ${report.refusals} refusals, ${crashes} crashes, ${hangs} hangs`
  return `${report.name}: ${counts}, heap ${heap}, ${(report.durationMs / 1000).toFixed(1)} s`
}

/** One target in a thread of its own, so that one that never comes back can be ended. Resolves when it is over. */
function runThread(file: URL): Promise<FuzzReport> {
  const name = file.pathname.split('/').at(-1) ?? file.pathname
  const { promise, resolve, reject } = Promise.withResolvers<FuzzReport>()
  const workerData = { file: file.href, runs, seed, timeLimitMs: INPUT_LIMIT_MS }
  const thread = new Worker(new URL('./fuzz-thread.ts', import.meta.url), { workerData })
  const bar = progressBar()
  let inputs = 0
  let cancel: () => void = () => undefined
  const watch = () => {
    cancel()
    cancel = systemClock.after(SILENCE_LIMIT_MS, () => {
      reject(new Error(`it went round in circles for ${SILENCE_LIMIT_MS} ms, after ${inputs} inputs`))
    })
  }
  watch()
  thread.on('message', (message: { readonly inputs: number } | { readonly report: FuzzReport }) => {
    watch()
    if ('report' in message) {
      resolve(message.report)
      return
    }
    inputs = message.inputs
    bar.show(inputs / runs, `${name}: ${inputs} of ${runs}`)
  })
  thread.on('error', reject)
  thread.on('exit', () => {
    reject(new Error('its thread ended before it was done'))
  })
  return promise.finally(async () => {
    cancel()
    await thread.terminate()
    bar.end()
  })
}

const files = (await targetFiles()).filter(({ pathname }) => (pathname.split('/').at(-1) ?? '').includes(values.target))
process.stdout.write(`seed ${seed}, ${runs} inputs for each of ${files.length} targets\n`)
for (const file of files) {
  try {
    const report = await runThread(file)
    process.stdout.write(`${lineOf(report)}\n`)
    for (const { kind, message, input } of report.failures) {
      process.exitCode = 1
      process.stdout.write(`  ${kind} for ${input}\n    ${message.replaceAll('\n', '\n    ')}\n`)
    }
  } catch (error) {
    process.exitCode = 1
    process.stdout.write(`${file.pathname.split('/').at(-1)}: hang: ${messageOf(error)}\n`)
  }
}
if (files.length === 0) {
  process.exitCode = 1
  process.stdout.write(`no target's file has "${values.target}" in its name\n`)
}
