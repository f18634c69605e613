import { show } from '../../core/check.ts'
import { decimalOf, type Fail } from './text-lines.ts'

/** The forms of trace that are read. */
export const TRACE_LAYOUTS = ['azure', 'mooncake', 'burstgpt', 'plain'] as const
export type TraceLayout = (typeof TRACE_LAYOUTS)[number]

/** A line as it is, arrival in seconds of the file's own time; undefined for a failure of the recorded service. */
type Row = { readonly arrivalS: number; readonly prompt: number; readonly output: number } | undefined

/** Reads the lines after the first one that is not empty. */
export interface RowReader {
  readonly layout: TraceLayout
  /** Whether that first line is a job itself. */
  readonly firstLineIsJob: boolean
  /** How errors name the arrival. */
  readonly arrival: string
  read(line: string, fail: Fail): Row
}

interface Columns {
  readonly arrival: string
  readonly promptTokens: string
  readonly outputTokens: string
}

interface CsvForm extends Columns {
  readonly layout: TraceLayout
  readonly time: (name: string, text: string, fail: Fail) => number
  /** Whether 0 tokens of answer mean that the recorded service failed. */
  readonly dropsEmptyAnswers?: true
}

/** The columns of each form, in any order among others. */
const CSV_FORMS: readonly CsvForm[] = [
  { layout: 'azure', arrival: 't_s', promptTokens: 'context_tokens', outputTokens: 'generated_tokens', time: seconds },
  { layout: 'azure', arrival: 'TIMESTAMP', promptTokens: 'ContextTokens', outputTokens: 'GeneratedTokens', time: dateTime },
  {
    layout: 'burstgpt',
    arrival: 'Timestamp',
    promptTokens: 'Request tokens',
    outputTokens: 'Response tokens',
    time: seconds,
    dropsEmptyAnswers: true
  },
  { layout: 'plain', arrival: 'arrival', promptTokens: 'prompt_tokens', outputTokens: 'output_tokens', time: seconds }
]

function wholeNumber(name: string, text: string, min: number, fail: Fail): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(value >= min && value <= Number.MAX_SAFE_INTEGER)) {
    fail(`${name} must be a whole number of at least ${min}, got ${show(text)}`)
  }
  return value
}

function seconds(name: string, text: string, fail: Fail): number {
  const value = decimalOf(text)
  if (!(value < Infinity)) fail(`${name} must be a number of seconds of at least 0, got ${show(text)}`)
  return value
}

/** As the published Azure traces have it: seven digits after the point in 2023, an offset of zero at the end in 2024. */
function dateTime(name: string, text: string, fail: Fail): number {
  const [, day, time, fraction = '0'] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:\+00:00|Z)?$/.exec(text) ?? []
  const wholeMs = Date.parse(`${day}T${time}Z`)
  if (!(wholeMs >= 0)) fail(`${name} must be a date and time like "2023-11-16 18:15:46.6805900", got ${show(text)}`)
  return wholeMs / 1000 + Number(`0.${fraction}`)
}

/** The fields of a line without quoted ones. */
export function csvFields(line: string, fail: Fail): string[] {
  if (line.includes('"')) fail('must not have quotation marks: fields are plain names and numbers')
  return line.split(',').map((field) => field.trim())
}

function columnsOf({ arrival, promptTokens, outputTokens }: Columns): string[] {
  return [arrival, promptTokens, outputTokens]
}

function csvReader(form: CsvForm, names: readonly string[]): RowReader {
  const [arrivalAt, promptAt, outputAt] = columnsOf(form).map((name) => names.indexOf(name))
  return {
    layout: form.layout,
    firstLineIsJob: false,
    arrival: form.arrival,
    read(line, fail) {
      const row = csvFields(line, fail)
      if (row.length !== names.length) fail(`must have ${names.length} fields as the header has, got ${row.length}`)
      const arrivalS = form.time(form.arrival, row[arrivalAt], fail)
      const prompt = wholeNumber(form.promptTokens, row[promptAt], 0, fail)
      const output = wholeNumber(form.outputTokens, row[outputAt], form.dropsEmptyAnswers ? 0 : 1, fail)
      return output === 0 ? undefined : { arrivalS, prompt, output }
    }
  }
}

function jsonFields(line: string, fail: Fail): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return fail(`must be a JSON object, got ${show(line.slice(0, 80))}`)
  }
}

const MOONCAKE: RowReader = {
  layout: 'mooncake',
  firstLineIsJob: true,
  arrival: 'timestamp',
  read(line, fail) {
    const fields = jsonFields(line, fail)
    const number = (name: string, min: number, whole: boolean) => {
      const value = fields[name]
      if (typeof value === 'number' && value >= min && value <= Number.MAX_SAFE_INTEGER && !(whole && value % 1 !== 0))
        return value
      return fail(`${name} must be a ${whole ? 'whole number' : 'number of ms'} of at least ${min}, got ${show(value)}`)
    }
    return {
      arrivalS: number('timestamp', 0, false) / 1000,
      prompt: number('input_length', 0, true),
      output: number('output_length', 1, true)
    }
  }
}

/**
 * How a trace is read whose first line is this one.
 * @param layout what it must be; undefined to go by the line
 */
export function readerOf(line: string, layout: TraceLayout | undefined, fail: Fail): RowReader {
  if (layout === 'mooncake' || (layout === undefined && line.startsWith('{'))) return MOONCAKE
  const forms = CSV_FORMS.filter((form) => layout === undefined || form.layout === layout)
  const names = csvFields(line, fail)
  const form = forms.find((candidate) => columnsOf(candidate).every((name) => names.includes(name)))
  if (form !== undefined) return csvReader(form, names)
  const known = forms.map((candidate) => columnsOf(candidate).join(',')).join(' or ')
  return fail(`must be a header with the columns ${known}${layout === undefined ? ', or a JSON object' : ''}, got ${show(line)}`)
}
