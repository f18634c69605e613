import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPeerbanditError, messageOf } from '../../../src/core/errors.ts'
import { loadTrace, readTrace, traceJobs } from '../../../src/simulation/workload/trace.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerbandit-trace-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function traceOf(text: string): Promise<string> {
  const path = join(folder, 'trace.csv')
  await writeFile(path, text)
  return path
}

/** The error's text without the folder. */
async function refusal(path: string): Promise<string> {
  const error = await readTrace(path).catch((thrown: unknown) => thrown)
  expect(isPeerbanditError(error, 'ERR_TRACE'), messageOf(error)).toBe(true)
  return messageOf(error).replaceAll(`${folder}/`, '')
}

const AZURE = 't_s,context_tokens,generated_tokens'

describe('readTrace', () => {
  it.each([
    ['the form of the Azure traces', `${AZURE}\n0.0000,374,44\n4.3146,396,109\n`],
    ['the plain form', 'arrival,prompt_tokens,output_tokens\n0,374,44\n4.3146,396,109\n'],
    [
      'the form in which the Azure traces are published',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951900,396,109\n'
    ],
    [
      'the same with an offset',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 23:59:59.500000+00:00,374,44\n2024-05-11 00:00:03.814600+00:00,396,109\n'
    ],
    [
      'the form of the Mooncake traces',
      '{"timestamp": 1000, "input_length": 374, "output_length": 44, "hash_ids": [1, 2]}\n' +
        '{"timestamp": 5314.6, "input_length": 396, "output_length": 109, "hash_ids": []}\n'
    ],
    [
      'the form of BurstGPT',
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n' +
        '3,ChatGPT,9,0,9,API log\n5,ChatGPT,374,44,418,Conversation log\n9.3146,GPT-4,396,109,505,Conversation log\n'
    ],
    ['arrivals that do not start at 0', `${AZURE}\n100,374,44\n104.3146,396,109\n`],
    ['Windows line ends and no last line end', `${AZURE}\r\n0,374,44\r\n4.3146,396,109`],
    ['a byte order mark', `\uFEFF${AZURE}\n0,374,44\n4.3146,396,109\n`],
    ['other orders and further columns', 'model,generated_tokens,context_tokens,t_s\na,44,374,0\nb,109,396,4.3146\n'],
    ['empty lines and blanks', `\n${AZURE}\n0, 374, 44\n\n 4.3146,396,109\n\n`]
  ])('reads %s', async (_, text) => {
    const [first, second, ...others] = await readTrace(await traceOf(text))
    expect(first).toEqual({ arrivalMs: 0, promptTokens: 374, outputTokens: 44 })
    expect(second).toMatchObject({ promptTokens: 396, outputTokens: 109 })
    expect(second?.arrivalMs).toBeCloseTo(4314.6, 4)
    expect(others).toEqual([])
  })

  it('names file, line and column of a bad row', async () => {
    const rows = Array.from({ length: 15 }, (_, i) => `${i},10,20`).join('\n')
    const path = await traceOf(`${AZURE}\n${rows}\n15,10,abc\n`)
    expect(await refusal(path)).toBe('trace.csv line 17: generated_tokens must be a whole number of at least 1, got "abc"')
  })

  it.each([
    ['0,10,0', 'generated_tokens must be a whole number of at least 1, got "0"'],
    ['0,10,-5', 'generated_tokens must be a whole number of at least 1, got "-5"'],
    ['0,10,1.5', 'generated_tokens must be a whole number of at least 1, got "1.5"'],
    ['0,10,', 'generated_tokens must be a whole number of at least 1, got ""'],
    ['0,10,99999999999999999999', 'generated_tokens must be a whole number of at least 1, got "99999999999999999999"'],
    ['0,NaN,5', 'context_tokens must be a whole number of at least 0, got "NaN"'],
    ['0,0x10,5', 'context_tokens must be a whole number of at least 0, got "0x10"'],
    ['-1,10,5', 't_s must be a number of seconds of at least 0, got "-1"'],
    ['NaN,10,5', 't_s must be a number of seconds of at least 0, got "NaN"'],
    ['Infinity,10,5', 't_s must be a number of seconds of at least 0, got "Infinity"'],
    ['1e999,10,5', 't_s must be a number of seconds of at least 0, got "1e999"'],
    ['0,10', 'must have 3 fields as the header has, got 2'],
    ['0,10,5,6', 'must have 3 fields as the header has, got 4'],
    ['0,"10",5', 'must not have quotation marks: fields are plain names and numbers'],
    ['7,10,5\n6.5,10,5', 't_s must not go back, got 6.5 after 7; sort the rows by time']
  ])('refuses the row %j', async (row, message) => {
    const lastLine = 1 + row.split('\n').length
    expect(await refusal(await traceOf(`${AZURE}\n${row}\n`))).toBe(`trace.csv line ${lastLine}: ${message}`)
  })

  it.each([
    ['', 'trace.csv is empty'],
    ['\n\n', 'trace.csv is empty'],
    [`${AZURE}\n`, 'trace.csv has a header but no jobs'],
    [
      '0,374,44\n',
      'trace.csv line 1: must be a header with the columns t_s,context_tokens,generated_tokens or ' +
        'TIMESTAMP,ContextTokens,GeneratedTokens or Timestamp,Request tokens,Response tokens or ' +
        'arrival,prompt_tokens,output_tokens, or a JSON object, got "0,374,44"'
    ]
  ])('refuses the file %j', async (text, message) => {
    expect(await refusal(await traceOf(text))).toBe(message)
  })

  it.each([
    ['{"timestamp": -1, "input_length": 1, "output_length": 1}', 'timestamp must be a number of ms of at least 0, got -1'],
    ['{"timestamp": 0, "input_length": 1.5, "output_length": 1}', 'input_length must be a whole number of at least 0, got 1.5'],
    ['{"timestamp": 0, "input_length": 1}', 'output_length must be a whole number of at least 1, got undefined'],
    ['{"timestamp": 0,', 'must be a JSON object, got "{\\"timestamp\\": 0,"']
  ])('refuses the JSON line %s', async (line, message) => {
    const good = '{"timestamp": 0, "input_length": 1, "output_length": 1}'
    expect(await refusal(await traceOf(`${good}\n${line}\n`))).toBe(`trace.csv line 2: ${message}`)
  })

  it.each(['2023-13-16 18:15:46.68', '2023-11-16', '16.11.2023 18:15', '5'])('refuses the time %j', async (time) => {
    expect(await refusal(await traceOf(`TIMESTAMP,ContextTokens,GeneratedTokens\n${time},1,1\n`))).toBe(
      `trace.csv line 2: TIMESTAMP must be a date and time like "2023-11-16 18:15:46.6805900", got "${time}"`
    )
  })

  it('counts the rows that the recorded service failed', async () => {
    const path = await traceOf('Timestamp,Request tokens,Response tokens\n1,5,0\n2,5,7\n3,5,0\n4,5,8\n')
    const { jobs, summary } = await loadTrace(path)
    expect(summary).toEqual({ layout: 'burstgpt', jobs: 2, dropped: 2 })
    expect(jobs.map(({ arrivalMs }) => arrivalMs)).toEqual([0, 2000])
  })

  it('refuses a file of another layout than the one asked for', async () => {
    const path = await traceOf(`${AZURE}\n0,1,1\n`)
    await expect(readTrace(path, { layout: 'burstgpt' })).rejects.toThrow(
      /line 1: must be a header with the columns Timestamp,Request tokens,Response tokens, got "t_s,/
    )
    await expect(readTrace(path, { layout: 'mooncake' })).rejects.toThrow(/line 1: must be a JSON object, got "t_s,/)
    expect(await readTrace(path, { layout: 'azure' })).toHaveLength(1)
  })

  it('refuses what is not there or not a file', async () => {
    expect(await refusal(join(folder, 'none.csv'))).toBe('none.csv does not exist')
    expect(await refusal(folder)).toMatch(/cannot be read: EISDIR/)
  })
})

describe('traceJobs', () => {
  it('yields the jobs before a bad row', async () => {
    const jobs = traceJobs(await traceOf(`${AZURE}\n0,1,1\nbad\n`))
    expect((await jobs.next()).value).toMatchObject({ promptTokens: 1 })
    await expect(jobs.next()).rejects.toThrow('line 3: must have 3 fields')
  })

  it('stops when its signal aborts', async () => {
    const controller = new AbortController()
    const jobs = traceJobs(await traceOf(`${AZURE}\n0,1,1\n1,1,1\n`), { signal: controller.signal })
    await jobs.next()
    controller.abort(new Error('enough'))
    await expect(jobs.next()).rejects.toThrow('enough')
  })
})
