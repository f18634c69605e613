import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { AbortOptions } from '../../core/abort.ts'
import { show } from '../../core/check.ts'
import { messageOf, PeerbanditError } from '../../core/errors.ts'

/** One job of a recorded or generated workload. */
export interface TraceJob {
  /** Since the first job, ms ≥ 0. */
  readonly arrivalMs: number
  readonly promptTokens: number
  /** Tokens that were produced, ≥ 1. Known only afterwards: no router may see it beforehand. */
  readonly outputTokens: number
}

interface Form {
  readonly arrival: string
  readonly promptTokens: string
  readonly outputTokens: string
}

/** The columns, in any order among others. Arrivals are in seconds. */
const FORMS: readonly Form[] = [
  { arrival: 't_s', promptTokens: 'context_tokens', outputTokens: 'generated_tokens' },
  { arrival: 'arrival', promptTokens: 'prompt_tokens', outputTokens: 'output_tokens' }
]

/** A form's columns as found in a file's header. */
interface Columns {
  readonly form: Form
  readonly count: number
  readonly index: { readonly [field in keyof Form]: number }
}

type Fail = (requirement: string) => never

function fields(line: string, fail: Fail): string[] {
  if (line.includes('"')) fail('must not have quotation marks: fields are plain names and numbers')
  return line.split(',').map((field) => field.trim())
}

function readHeader(line: string, fail: Fail): Columns {
  const names = fields(line, fail)
  const form = FORMS.find((candidate) => Object.values(candidate).every((name: string) => names.includes(name)))
  if (form === undefined) {
    const known = FORMS.map(({ arrival, promptTokens, outputTokens }) => `${arrival},${promptTokens},${outputTokens}`)
    return fail(`must be a header with the columns ${known.join(' or ')}, got ${show(line)}`)
  }
  return {
    form,
    count: names.length,
    index: {
      arrival: names.indexOf(form.arrival),
      promptTokens: names.indexOf(form.promptTokens),
      outputTokens: names.indexOf(form.outputTokens)
    }
  }
}

function wholeNumber(name: string, text: string, min: number, fail: Fail): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(value >= min && value <= Number.MAX_SAFE_INTEGER)) {
    fail(`${name} must be a whole number of at least ${min}, got ${show(text)}`)
  }
  return value
}

function seconds(name: string, text: string, fail: Fail): number {
  const value = /^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN
  if (!(value >= 0 && value < Infinity)) fail(`${name} must be a number of seconds of at least 0, got ${show(text)}`)
  return value
}

/** A row with its arrival in seconds of the file's own time. */
function readRow(
  line: string,
  { count, form, index }: Columns,
  fail: Fail
): { arrivalS: number; prompt: number; output: number } {
  const row = fields(line, fail)
  if (row.length !== count) fail(`must have ${count} fields as the header has, got ${row.length}`)
  return {
    arrivalS: seconds(form.arrival, row[index.arrival] ?? '', fail),
    prompt: wholeNumber(form.promptTokens, row[index.promptTokens] ?? '', 0, fail),
    output: wholeNumber(form.outputTokens, row[index.outputTokens] ?? '', 1, fail)
  }
}

async function* lines(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    for await (const line of file.readLines()) {
      signal?.throwIfAborted()
      yield line
    }
  } catch (error) {
    signal?.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    throw new PeerbanditError(
      'ERR_TRACE',
      `${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`}`,
      {
        cause: error
      }
    )
  }
}

/**
 * The jobs of a CSV trace, in order of arrival, read line by line. The header names either `t_s,context_tokens,generated_tokens`
 * (the Azure LLM inference traces) or `arrival,prompt_tokens,output_tokens`, arrivals in seconds; further columns and empty
 * lines are passed over. Arrivals are shifted so that the first is 0.
 * @throws ERR_TRACE naming file, line and column
 */
export async function* traceJobs(path: string, { signal }: AbortOptions = {}): AsyncGenerator<TraceJob, void, undefined> {
  let columns: Columns | undefined
  let firstS: number | undefined
  let lastS = 0
  let number = 0
  const fail: Fail = (requirement) => {
    throw new PeerbanditError('ERR_TRACE', `${path} line ${number}: ${requirement}`)
  }
  for await (const line of lines(path, signal)) {
    number++
    if (line.trim() === '') continue
    if (columns === undefined) {
      columns = readHeader(line.replace(/^\uFEFF/, ''), fail)
      continue
    }
    const { arrivalS, prompt, output } = readRow(line, columns, fail)
    if (arrivalS < lastS) fail(`${columns.form.arrival} must not go back, got ${arrivalS} after ${lastS}; sort the rows by time`)
    lastS = arrivalS
    firstS ??= arrivalS
    yield { arrivalMs: (arrivalS - firstS) * 1000, promptTokens: prompt, outputTokens: output }
  }
  if (columns === undefined) throw new PeerbanditError('ERR_TRACE', `${path} is empty`)
  if (firstS === undefined) throw new PeerbanditError('ERR_TRACE', `${path} has a header but no jobs`)
}

/** All jobs of a trace: see {@link traceJobs}. */
export async function readTrace(path: string, options: AbortOptions = {}): Promise<TraceJob[]> {
  const jobs: TraceJob[] = []
  for await (const job of traceJobs(path, options)) jobs.push(job)
  return jobs
}
