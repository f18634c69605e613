import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeModelDocument } from '../../src/throughput/model-file.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { runCli } from './run-cli.ts'

const HEADER = 'gpu,vram_gb,n_gpus,model,quant,params_b,prompt_tokens,output_tokens,concurrency,claimed_tps,rtt_ms'
const FILES = {
  'rows.csv': `${HEADER}
NVIDIA GeForce RTX 4090,24,1,llama3.1:8b-instruct-q4_K_M,,,512,128,1,,20
Voodoo 5,,,,Q4_K_M,8,,,,,
rtx4090,,,llama3.1:70b,Q4_K_M,,,,,,
`,
  'few-columns.jsonl': '{"gpu":"RTX 4090","params_b":8}\n{"gpu":"RTX 4090","params_b":8,"rtt_ms":1000}\n',
  'bad.csv': 'gpu,params_b\nRTX 4090,8\nRTX 4090,nan\n',
  'negative.csv': 'gpu,model,concurrency\nRTX 4090,llama3.1:8b,-1\n',
  'columns.csv': 'gpu,model,colour\nRTX 4090,llama3.1:8b,red\n',
  'no-model.csv': 'gpu,vram_gb\nRTX 4090,24\n',
  'empty.csv': 'gpu,model\n',
  'model.json': writeModelDocument(sampleModel()),
  'broken.json': '{}'
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-predict-'))
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(directory, name), text)
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const predict = (input: string, ...more: readonly string[]) =>
  runCli(['predict', '--input', input, '--model', 'model.json', ...more], { cwd: directory })

interface Row {
  readonly tps_p10: number
  readonly tps_p50: number
  readonly tps_p90: number
  readonly ttft_ms_p50: number
  readonly known_gpu: boolean
}

describe('peerbandit predict', () => {
  it('says for every row, in order, what is expected, and whether the GPU is known', async () => {
    const { status, stdout, stderr } = await predict('rows.csv', '--json')
    expect([status, stderr]).toEqual([0, ''])
    const rows = JSON.parse(stdout) as Row[]
    expect(rows.map(({ known_gpu }) => known_gpu)).toEqual([true, false, true])
    expect(Object.keys(rows[0])).toEqual(['tps_p10', 'tps_p50', 'tps_p90', 'ttft_ms_p50', 'known_gpu'])
    expect(rows.every(({ tps_p10, tps_p50, tps_p90 }) => 0 < tps_p10 && tps_p10 < tps_p50 && tps_p50 < tps_p90)).toBe(true)
    expect(rows[2].tps_p50).toBeLessThan(rows[0].tps_p50)
  })

  it('takes few columns, and adds the round trip to the first token', async () => {
    const [near, far] = JSON.parse((await predict('few-columns.jsonl', '--json')).stdout) as Row[]
    expect(far.ttft_ms_p50 - near.ttft_ms_p50).toBeCloseTo(1000, 1)
    expect(far.tps_p50).toBe(near.tps_p50)
  })

  it('prints a table, and an empty list for no rows', async () => {
    const { stdout } = await predict('rows.csv')
    expect(stdout).toMatch(
      /^gpu +model +tps_p10 .*known_gpu\nNVIDIA GeForce RTX 4090 .* yes\nVoodoo 5 +8B .* no\nrtx4090 .* yes\n$/
    )
    expect((await predict('empty.csv', '--json')).stdout).toBe('[]\n')
  })

  it.each([
    ['bad.csv', /ERR_DATASET: bad\.csv row 2 \(line 3\), column params_b: must be a number above 0, got "nan"/],
    ['negative.csv', /ERR_DATASET: negative\.csv row 1 \(line 2\), column concurrency: must be a number of at least 1, got "-1"/],
    ['columns.csv', /ERR_DATASET: columns\.csv: unknown column "colour"; known are gpu/],
    ['no-model.csv', /ERR_DATASET: no-model\.csv: must have the column model or the column params_b/],
    ['nowhere.csv', /ERR_DATASET: nowhere\.csv: does not exist/],
    ['rows.txt', /ERR_DATASET: rows\.txt: must end in one of \.csv/]
  ])('refuses %s with status 2, and says where', async (input, message) => {
    const { status, stdout, stderr } = await predict(input, '--json')
    expect(stderr).toMatch(message)
    expect([status, stdout]).toEqual([2, ''])
  })

  it.each([
    ['broken.json', /ERR_MODEL: broken\.json: throughput model: format must be/],
    ['.', /ERR_MODEL: no model of \. serves/]
  ])('refuses the model %s with status 2', async (model, message) => {
    const { status, stderr } = await predict('rows.csv', '--model', model)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
  })
})
