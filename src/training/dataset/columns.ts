import type { MeasuredRow } from '../../throughput/measured-row.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import { badValue, datasetError, type Place } from './fail.ts'

/** Columns of a dataset, whichever kind of file it is. All but `gpu` and one of `model` and `params_b` may be missing. */
const DATASET_COLUMNS = [
  ...['gpu', 'vram_gb', 'n_gpus', 'model', 'quant', 'params_b', 'prompt_tokens', 'output_tokens', 'concurrency'],
  ...['claimed_tps', 'rtt_ms', 'os', 'engine', 'tokens_per_second', 'ttft_ms', 'source', 'weight']
] as const

type Values = Readonly<Record<string, unknown>>

/** A decimal number; NaN for any other text. */
function decimalOf(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function numberIn(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' ? decimalOf(value.trim()) : NaN
}

interface NumberRange {
  readonly least: number
  readonly wanted: string
  /** Whether the least itself is allowed. */
  readonly includesLeast: boolean
}

const POSITIVE: NumberRange = { least: 0, wanted: 'a number above 0', includesLeast: false }
const NOT_NEGATIVE: NumberRange = { least: 0, wanted: 'a number of at least 0', includesLeast: true }
const AT_LEAST_ONE: NumberRange = { least: 1, wanted: 'a number of at least 1', includesLeast: true }

/** Reads the columns of one row. */
class RowReader {
  readonly #values: Values
  readonly #place: Place

  constructor(values: Values, place: Place) {
    this.#values = values
    this.#place = place
  }

  /** @throws ERR_DATASET naming file, row and column */
  number(column: string, { least, wanted, includesLeast }: NumberRange): number | undefined {
    const value = this.#values[column]
    if (isMissing(value)) return undefined
    const number = numberIn(value)
    if (number < Infinity && (number > least || (includesLeast && number === least))) return number
    throw badValue({ ...this.#place, column }, wanted, value)
  }

  text(column: string): string | undefined {
    const value = this.#values[column]
    if (isMissing(value)) return undefined
    if (typeof value === 'string') return value.trim()
    throw badValue({ ...this.#place, column }, 'a text', value)
  }
}

/** Engines that keep the keys and values of many requests in pages and batch them anew for every token. */
const SERVERS = /vllm|tensorrt|trt-?llm|sglang|deepspeed|lmdeploy|text-generation-inference|^tgi$|triton|^nim$/i

/** @param name such as "vLLM", "TensorRT-LLM", "llama.cpp", "ollama" */
function isServerEngine(name: string): boolean {
  return SERVERS.test(name.trim())
}

function isLlamafile(name: string): boolean {
  return /llamafile|localscore/i.test(name)
}

/** @param name such as "Windows", "win32", "Windows 11", "Linux", "Darwin" */
function isWindows(name: string): boolean {
  return /^(?:microsoft )?win(?:dows|32|64|nt|\d|$)/i.test(name.trim())
}

/** Without those that are missing, as exact optional fields have it. */
function present<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}

function queryIn(row: RowReader): ThroughputQuery {
  const os = row.text('os')
  const engine = row.text('engine')
  return present<ThroughputQuery>({
    gpu: row.text('gpu'),
    vramGb: row.number('vram_gb', POSITIVE),
    gpuCount: row.number('n_gpus', AT_LEAST_ONE),
    model: row.text('model'),
    quant: row.text('quant'),
    paramsB: row.number('params_b', POSITIVE),
    promptTokens: row.number('prompt_tokens', AT_LEAST_ONE),
    outputTokens: row.number('output_tokens', AT_LEAST_ONE),
    concurrency: row.number('concurrency', AT_LEAST_ONE),
    claimedTokensPerSecond: row.number('claimed_tps', NOT_NEGATIVE),
    rttMs: row.number('rtt_ms', NOT_NEGATIVE),
    windows: os === undefined ? undefined : isWindows(os),
    server: engine === undefined ? undefined : isServerEngine(engine),
    llamafile: engine === undefined ? undefined : isLlamafile(engine)
  })
}

/**
 * From the request's arrival at the peer, of a time that was measured at the client. Undefined where the round trip is all of it:
 * nothing is left that says how fast the peer is.
 */
export function firstTokenAtPeerMs(firstTokenMs: number | undefined, rttMs = 0): number | undefined {
  return firstTokenMs === undefined || !(firstTokenMs > rttMs) ? undefined : firstTokenMs - rttMs
}

/** @throws ERR_DATASET for a name that no column has, and where a column that must be there is not */
export function checkColumns(names: readonly string[], place: Place): void {
  const known: readonly string[] = DATASET_COLUMNS
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    const listed = unknown.map((name) => JSON.stringify(name)).join(', ')
    throw datasetError(place, `unknown column ${listed}; known are ${known.join(', ')}`)
  }
  if (!names.includes('gpu')) throw datasetError(place, 'must have the column gpu')
  if (!names.includes('model') && !names.includes('params_b')) {
    throw datasetError(place, 'must have the column model or the column params_b')
  }
}

function checkPresent({ gpu, model, paramsB }: ThroughputQuery, place: Place): void {
  if (gpu === undefined) throw badValue({ ...place, column: 'gpu' }, 'the name of a GPU ("unknown" where it is not known)', '')
  if (model === undefined && paramsB === undefined) throw datasetError(place, 'model or params_b must be there')
}

/**
 * A row of a dataset. Its `ttft_ms` is what the client saw, with the round trip of `rtt_ms`. Both targets may be missing: then it is a
 * question.
 * @param defaultSource of rows that name none
 * @throws ERR_DATASET naming file, row and column
 */
export function rowOf(values: Values, place: Place, defaultSource: string): MeasuredRow {
  const row = new RowReader(values, place)
  const query = queryIn(row)
  checkPresent(query, place)
  return present<MeasuredRow>({
    query,
    tokensPerSecond: row.number('tokens_per_second', POSITIVE),
    firstTokenMs: firstTokenAtPeerMs(row.number('ttft_ms', POSITIVE), query.rttMs),
    source: row.text('source') ?? defaultSource,
    weight: row.number('weight', POSITIVE) ?? 1
  })
}
