import { PeerbanditError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../job/api-call.ts'
import type { PeerId } from '../../job/decision.ts'
import { type Claims, MAX_FIGURE } from '../../peer/observation.ts'

/** What a node of a CrowdLlama network says of itself, checked. Everything in it is a claim. */
export interface Metadata {
  /** Empty for a consumer. */
  readonly models: readonly string[]
  readonly tokensPerSecond: number
  readonly vramGb: number
  readonly loadRatio: number
  readonly gpuModel: string
  /** By the node's own clock, ms since the epoch. */
  readonly updatedMs: number
  readonly isWorker: boolean
}

/** Room for the names of some thousand models. */
export const MAX_METADATA_BYTES = 65_536
const MAX_MODELS = 1_024
const MAX_NAME_CHARACTERS = 256
/** A list in an object, and room for fields that later versions may have. */
const MAX_DEPTH = 8

function refuse(problem: string, cause?: unknown): PeerbanditError {
  return new PeerbanditError('ERR_PROTOCOL', `metadata must ${problem}`, { cause })
}

/** A value as an error may show it: a hostile one may be long, or nested too deep to be written. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : String(value)
}

/** Strings, closed or not, and what nests. */
const STRING_OR_BRACKET = /"[^"\\]*(?:\\.[^"\\]*)*"?|[[\]{}]/gs

/** Before it is parsed: what is nested deeper costs much more to read than to write. */
function checkDepth(text: string): void {
  let depth = 0
  for (const [token] of text.matchAll(STRING_OR_BRACKET)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    if (depth > MAX_DEPTH) throw refuse(`be nested at most ${MAX_DEPTH} deep, got more`)
  }
}

function objectIn(bytes: Uint8Array): JsonObject {
  if (bytes.length === 0) throw refuse('be a JSON object, got nothing')
  if (bytes.length > MAX_METADATA_BYTES) throw refuse(`be at most ${MAX_METADATA_BYTES} bytes, got ${bytes.length}`)
  let value: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    checkDepth(text)
    value = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof PeerbanditError) throw cause
    throw refuse('be JSON, got bytes that are not', cause)
  }
  if (!isJsonObject(value)) throw refuse(`be a JSON object, got ${shown(value)}`)
  return value
}

/** A figure, 0 where it is missing. JSON has no NaN, but 1e999 is infinite. */
function figureIn(metadata: JsonObject, field: string): number {
  const value = metadata[field] ?? 0
  if (typeof value === 'number' && value >= 0 && value <= MAX_FIGURE) return value
  throw refuse(`have ${field} from 0 to ${MAX_FIGURE}, got ${shown(value)}`)
}

/** Characters that are none, and would do things to a terminal. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARACTERS && !CONTROL.test(value)
}

function nameIn(metadata: JsonObject, field: string): string {
  const value = metadata[field] ?? ''
  if (isName(value)) return value
  throw refuse(`have as ${field} a text of up to ${MAX_NAME_CHARACTERS} characters, got ${shown(value)}`)
}

function modelsIn({ supported_models: value }: JsonObject): string[] {
  const models: unknown = value ?? []
  if (!Array.isArray(models) || models.length > MAX_MODELS) {
    throw refuse(`have as supported_models a list of up to ${MAX_MODELS}, got ${shown(models)}`)
  }
  const wrong: unknown = models.find((model) => !isName(model) || model === '')
  if (wrong === undefined && models.every(isName)) return [...new Set(models)]
  throw refuse(`name its models in up to ${MAX_NAME_CHARACTERS} characters, got ${shown(wrong)}`)
}

/** RFC 3339, of whose fraction milliseconds count: Go writes nanoseconds. */
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d{0,9})?(Z|[+-]\d\d:\d\d)$/

function timeIn({ last_updated: value }: JsonObject): number {
  const [, seconds, fraction = '0', zone] = (typeof value === 'string' ? TIME.exec(value) : null) ?? []
  const timeMs = seconds === undefined ? NaN : Date.parse(`${seconds}.${fraction.padEnd(3, '0')}${zone}`)
  if (Number.isFinite(timeMs)) return timeMs
  throw refuse(`have as last_updated a time of RFC 3339, got ${shown(value)}`)
}

function workerIn({ worker_mode: value }: JsonObject, models: readonly string[]): boolean {
  // Older nodes do not say: whoever has models is one.
  if (value === undefined || value === null) return models.length > 0
  if (typeof value === 'boolean') return value
  throw refuse(`have worker_mode true or false, got ${shown(value)}`)
}

/**
 * Reads what a node says of itself. Fields that are not known are passed over.
 * @param remote who said it, as authenticated by the connection: only the node itself may speak for it
 * @throws ERR_PROTOCOL
 */
export function parseMetadata(bytes: Uint8Array, remote: PeerId): Metadata {
  const metadata = objectIn(bytes)
  const { peer_id: id } = metadata
  if (id !== remote) throw refuse(`be of the node that sends it, ${remote}, got ${shown(id)}`)
  const models = modelsIn(metadata)
  const isWorker = workerIn(metadata, models)
  return {
    models: isWorker ? models : [],
    tokensPerSecond: figureIn(metadata, 'tokens_throughput'),
    vramGb: figureIn(metadata, 'vram_gb'),
    loadRatio: figureIn(metadata, 'load'),
    gpuModel: nameIn(metadata, 'gpu_model'),
    updatedMs: timeIn(metadata),
    isWorker
  }
}

export function claimsOf({ models, tokensPerSecond, gpuModel, vramGb, loadRatio }: Metadata): Claims {
  return { models, tokensPerSecond, gpuModel, vramGb, loadRatio }
}

/** As CrowdLlama's nodes read it: all fields, whole gigabytes. @param version of the program, for people */
export function writeMetadata(
  metadata: Metadata,
  { id, version }: { readonly id: PeerId; readonly version: string }
): Uint8Array {
  const { models, tokensPerSecond, vramGb, loadRatio, gpuModel, updatedMs, isWorker } = metadata
  const document = {
    peer_id: id,
    supported_models: models,
    tokens_throughput: tokensPerSecond,
    vram_gb: Math.round(vramGb),
    load: loadRatio,
    gpu_model: gpuModel,
    last_updated: new Date(updatedMs).toISOString(),
    version,
    worker_mode: isWorker
  }
  return new TextEncoder().encode(JSON.stringify(document))
}
