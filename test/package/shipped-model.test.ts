import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { modelStore, SHIPPED_MODELS } from '../../src/throughput/model-store.ts'
import { throughputModel } from '../../src/throughput/throughput-model.ts'

const run = promisify(execFile)
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The command line in a process that tells which modules it loads. */
const PROGRAM = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
const [main] = process.argv.splice(1, 1)
process.once('exit', () => { console.log(JSON.stringify(loaded.filter((url) => url.includes('@tensorflow')))) })
await import(main)
`

describe('the model that ships', () => {
  it('serves, and is the one that its page describes', async () => {
    const { model, name, reason } = await modelStore(SHIPPED_MODELS).serving()
    expect([name, reason]).toEqual(['default', undefined])
    expect(await readFile(file('models/README.md'), 'utf8')).toContain(model?.sha256)
  })

  it('knows common GPUs, and that faster ones are faster', async () => {
    const { model } = await modelStore(SHIPPED_MODELS).serving()
    const gpus = ['RTX 4090', 'RTX 3060', 'GTX 1080', 'Voodoo 5']
    const predictions = throughputModel(model!).predict(gpus.map((gpu) => ({ gpu, model: 'llama3.1:8b-instruct-q4_K_M' })))
    expect(predictions.map(({ knownGpu }) => knownGpu)).toEqual([true, true, true, false])
    const [fast, middle, slow] = predictions.map(({ tpsP50 }) => tpsP50)
    expect(fast).toBeGreaterThan(middle)
    expect(middle).toBeGreaterThan(slow)
  })

  it('predicts from the command line without TensorFlow.js', async () => {
    const main = file('src/cli/main.ts')
    const input = file('test/fixtures/predict.csv')
    const { stdout } = await run(process.execPath, [
      '--input-type=module',
      '--eval',
      PROGRAM,
      '--',
      main,
      'predict',
      '--input',
      input
    ])
    expect(stdout).toMatch(/^gpu .*known_gpu\nRTX 4090 .* yes\n\[\]\n$/)
  })
})
