import { describe, expect, it } from 'vitest'
import { type DatasetProgress, datasetRows, readDataset } from '../../../src/training/dataset/dataset.ts'
import { refusal, testFolder } from './support.ts'

const { path, write } = testFolder()

const FULL = {
  gpu: 'NVIDIA GeForce RTX 4090',
  vram_gb: 24,
  n_gpus: 2,
  model: 'Llama 3.1, 8B',
  quant: 'Q4_K_M',
  params_b: 8.03,
  prompt_tokens: 512,
  output_tokens: 128,
  concurrency: 4,
  claimed_tps: 0,
  rtt_ms: 20,
  os: 'Windows',
  engine: 'vLLM',
  tokens_per_second: 101.5,
  ttft_ms: 120,
  source: 'lab',
  weight: 0.5
}

const FULL_ROW = {
  query: {
    gpu: 'NVIDIA GeForce RTX 4090',
    vramGb: 24,
    gpuCount: 2,
    model: 'Llama 3.1, 8B',
    quant: 'Q4_K_M',
    paramsB: 8.03,
    promptTokens: 512,
    outputTokens: 128,
    concurrency: 4,
    claimedTokensPerSecond: 0,
    rttMs: 20,
    windows: true,
    server: true,
    llamafile: false
  },
  tokensPerSecond: 101.5,
  // Without the round trip.
  firstTokenMs: 100,
  source: 'lab',
  weight: 0.5
}

function csvOf(...records: readonly Readonly<Record<string, string | number>>[]): string {
  const names = Object.keys(records[0])
  const field = (value: string | number) => (/[",]/.test(String(value)) ? JSON.stringify(value) : String(value))
  return [names, ...records.map((record) => names.map((name) => field(record[name])))]
    .map((fields) => fields.join(','))
    .join('\n')
}

describe('reading rows', () => {
  it.each([
    ['CSV', 'full.csv', `${csvOf(FULL)}\n`],
    [
      'CSV with a byte order mark, Windows line ends, blanks and empty lines',
      'dos.csv',
      `\uFEFF${csvOf(FULL).replaceAll('\n', '\r\n\r\n').replaceAll(',512,', ' , 512,')}\r\n`
    ],
    ['JSON Lines', 'full.jsonl', `${JSON.stringify(FULL)}\n`],
    ['JSON Lines without a last line end, with blank lines', 'blank.ndjson', `\uFEFF\n${JSON.stringify(FULL)}\n\n  `],
    [
      'JSON Lines with numbers as texts',
      'texts.jsonl',
      JSON.stringify(Object.fromEntries(Object.entries(FULL).map(([k, v]) => [k, String(v)])))
    ]
  ])('of %s', async (_, name, text) => {
    expect(await readDataset([await write(name, text)])).toEqual([FULL_ROW])
  })

  it('takes what is missing for missing, and names the file as the source', async () => {
    const file = await write(
      'small.csv',
      'gpu,model,params_b,ttft_ms,os,engine\nrtx3060,,7,,,\nrtx3060,llama3:8b,,90,Darwin,llama.cpp\n'
    )
    expect(await readDataset([file])).toEqual([
      { query: { gpu: 'rtx3060', paramsB: 7 }, source: 'small.csv', weight: 1 },
      {
        query: { gpu: 'rtx3060', model: 'llama3:8b', windows: false, server: false, llamafile: false },
        firstTokenMs: 90,
        source: 'small.csv',
        weight: 1
      }
    ])
  })

  it.each([
    ['Windows', 'vLLM', true, true],
    ['win32', 'TensorRT-LLM', true, true],
    ['Windows 11', 'llama.cpp', true, false],
    ['Darwin', 'ollama', false, false],
    ['Linux', 'SGLang', false, true]
  ])('%s and %s', async (os, engine, windows, server) => {
    const file = await write('os.csv', `gpu,params_b,os,engine\nT4,1,${os},${engine}\n`)
    expect((await readDataset([file]))[0].query).toMatchObject({ windows, server })
  })

  it('takes null for missing', async () => {
    const file = await write('nulls.jsonl', '{"gpu":"T4","model":"phi3","quant":null,"tokens_per_second":null}')
    expect(await readDataset([file])).toEqual([{ query: { gpu: 'T4', model: 'phi3' }, source: 'nulls.jsonl', weight: 1 }])
  })

  it('has no time to the first token where the round trip is all of it', async () => {
    const file = await write('far.csv', 'gpu,params_b,ttft_ms,rtt_ms\nT4,1,80,80\n')
    expect((await readDataset([file]))[0].firstTokenMs).toBeUndefined()
  })

  it('reads quoted fields over several lines, and still knows row and line', async () => {
    const text = 'gpu,model,tokens_per_second\n"RTX\n4090","a ""model""",1\nT4,b,no\n'
    expect(await refusal(await write('quoted.csv', text))).toBe(
      'quoted.csv row 2 (line 4), column tokens_per_second: must be a number above 0, got "no"'
    )
  })

  it('stops reading when nobody wants more', async () => {
    const file = await write('many.csv', `gpu,params_b\n${'T4,1\n'.repeat(100_000)}`)
    for await (const row of datasetRows([file])) {
      expect(row.query.gpu).toBe('T4')
      break
    }
  })

  it('stops for a signal with its reason', async () => {
    const file = await write('stopped.csv', `gpu,params_b\n${'T4,1\n'.repeat(10)}`)
    const reason = new Error('enough')
    await expect(readDataset([file], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('several files', () => {
  it('are read in order, patterns in order of name, with the bytes of all', async () => {
    const rowsOf = (gpu: string) => `gpu,params_b\n${`${gpu},1\n`.repeat(1_500)}`
    const texts = { 'p-2.csv': rowsOf('T4'), 'p-1.csv': rowsOf('A10'), 'q.jsonl': '{"gpu":"L4","params_b":1}\n' }
    for (const [name, text] of Object.entries(texts)) await write(name, text)
    const seen: DatasetProgress[] = []
    const rows = await readDataset([path('q.jsonl'), path('p-*.csv')], { onProgress: (progress) => seen.push(progress) })
    expect([rows[0], rows[1], rows[1_500], rows[1_501]].map(({ query }) => query.gpu)).toEqual(['L4', 'A10', 'A10', 'T4'])
    expect(seen.map(({ rows: read }) => read)).toEqual([1_000, 2_000, 3_000, 3_001])
    const bytes = Object.values(texts).join('').length
    expect(seen.at(-1)).toEqual({ rows: 3_001, passedOver: 0, bytes, totalBytes: bytes })
  })

  it('a name with brackets is a file where there is one', async () => {
    const file = await write('run[1].csv', 'gpu,params_b\nT4,1\n')
    expect(await readDataset([file])).toHaveLength(1)
  })
})

describe('bad input is named with file, row and column', () => {
  const header = 'gpu,model,tokens_per_second'
  it.each([
    ['unknown.csv', 'gpu,model,tps\nT4,a,1\n', 'unknown.csv: unknown column "tps"; known are gpu, '],
    ['no-gpu.csv', 'model\na\n', 'no-gpu.csv: must have the column gpu'],
    ['no-model.csv', 'gpu\nT4\n', 'no-model.csv: must have the column model or the column params_b'],
    [
      'empty-gpu.csv',
      `${header}\nT4,a,1\n,a,1\n`,
      'empty-gpu.csv row 2 (line 3), column gpu: must be the name of a GPU ("unknown" where it is not known), got ""'
    ],
    ['empty-model.csv', 'gpu,model,params_b\nT4,,\n', 'empty-model.csv row 1 (line 2): model or params_b must be there'],
    ['nan.csv', `${header}\nT4,a,NaN\n`, 'nan.csv row 1 (line 2), column tokens_per_second: must be a number above 0, got "NaN"'],
    [
      'negative.csv',
      `${header}\nT4,a,1\nT4,a,-3\n`,
      'negative.csv row 2 (line 3), column tokens_per_second: must be a number above 0, got "-3"'
    ],
    ['zero.csv', `${header}\nT4,a,0\n`, 'zero.csv row 1 (line 2), column tokens_per_second: must be a number above 0, got "0"'],
    [
      'huge.csv',
      `${header}\nT4,a,1e999\n`,
      'huge.csv row 1 (line 2), column tokens_per_second: must be a number above 0, got "1e999"'
    ],
    [
      'hex.csv',
      `${header}\nT4,a,0x10\n`,
      'hex.csv row 1 (line 2), column tokens_per_second: must be a number above 0, got "0x10"'
    ],
    ['short.csv', `${header}\nT4,a,1\nT4,a\n`, 'short.csv row 2 (line 3): '],
    [
      'few-jobs.jsonl',
      '{"gpu":"T4","model":"a","concurrency":0.5}',
      'few-jobs.jsonl row 1, column concurrency: must be a number of at least 1, got 0.5'
    ],
    [
      'claims.jsonl',
      '{"gpu":"T4","model":"a","claimed_tps":-1}',
      'claims.jsonl row 1, column claimed_tps: must be a number of at least 0, got -1'
    ],
    ['type.jsonl', '{"gpu":7,"model":"a"}', 'type.jsonl row 1, column gpu: must be a text, got 7'],
    [
      'boolean.jsonl',
      '{"gpu":"T4","model":"a","weight":true}',
      'boolean.jsonl row 1, column weight: must be a number above 0, got true'
    ],
    [
      'later.jsonl',
      '\n{"gpu":"T4","model":"a"}\n{"gpu":"T4","model":"a","speed":1}',
      'later.jsonl row 2 (line 3): unknown column "speed"'
    ],
    ['broken.jsonl', '{"gpu":"T4","model":"a"}\n{"gpu":', 'broken.jsonl row 2: is not JSON: '],
    ['list.jsonl', '[1]', 'list.jsonl row 1: must be an object, got [1]'],
    ['what.txt', 'gpu', 'what.txt: must end in one of .csv, .jsonl, .ndjson, .parquet']
  ])('%s', async (name, text, message) => {
    expect((await refusal(await write(name, text))).slice(0, message.length)).toBe(message)
  })

  it('a file that does not exist, and a pattern that matches nothing', async () => {
    expect(await refusal(path('none.csv'))).toBe('none.csv: does not exist')
    expect(await refusal(path('none.jsonl'))).toBe('none.jsonl: does not exist')
    expect(await refusal(path('none-*.csv'))).toBe('none-*.csv: no file is named so')
  })
})
