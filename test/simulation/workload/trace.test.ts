import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPeerbanditError, messageOf } from '../../../src/core/errors.ts'
import { readTrace, traceJobs } from '../../../src/simulation/workload/trace.ts'

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
    ['arrivals that do not start at 0', `${AZURE}\n100,374,44\n104.3146,396,109\n`],
    ['Windows line ends and no last line end', `${AZURE}\r\n0,374,44\r\n4.3146,396,109`],
    ['a byte order mark', `\uFEFF${AZURE}\n0,374,44\n4.3146,396,109\n`],
    ['other orders and further columns', 'model,generated_tokens,context_tokens,t_s\na,44,374,0\nb,109,396,4.3146\n'],
    ['empty lines and blanks', `\n${AZURE}\n0, 374, 44\n\n 4.3146,396,109\n\n`]
  ])('reads %s', async (_, text) => {
    const [first, second, ...others] = await readTrace(await traceOf(text))
    expect(first).toEqual({ arrivalMs: 0, promptTokens: 374, outputTokens: 44 })
    expect(second).toMatchObject({ promptTokens: 396, outputTokens: 109 })
    expect(second?.arrivalMs).toBeCloseTo(4314.6, 6)
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
