import { messageOf, PeerbanditError } from '../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { TransportError } from '../router/failure.ts'
import { EngineError, RequestError } from '../router/transport.ts'

/** What broke a connection that there was. Whatever else fails before an answer means that there was none. */
const BROKEN: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET'])
const SILENT: ReadonlySet<unknown> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : ''
}

/** @param name of the backend @param answered whether an answer had begun */
export function wayFailed(name: string, cause: unknown, answered: boolean): Error {
  const code = codeOf(cause)
  const why = messageOf(cause) || code
  if (SILENT.has(code)) return new PeerbanditError('ERR_TIMEOUT', `${name} was silent for too long: ${why}`, { cause })
  if ((cause instanceof Error && cause.name === 'HTTPParserError') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new PeerbanditError('ERR_PROTOCOL', `${name} must speak HTTP: ${why}`, { cause })
  }
  const handshake = code === 'ECONNRESET' && why.includes('before secure TLS')
  if (answered || (BROKEN.has(code) && !handshake)) {
    return new TransportError('disconnected', `${name} broke the connection off: ${why}`, { cause })
  }
  return new TransportError('unreachable', `${name} cannot be reached: ${why}`, { cause })
}

const MAX_MESSAGE_LENGTH = 2_000

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_MESSAGE_LENGTH) : undefined
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** FastAPI's: a text, or a list of what is wrong where. */
function detailOf(detail: Json | undefined): string | undefined {
  if (!Array.isArray(detail)) return textOf(detail)
  const parts = (detail as readonly Json[]).filter(isJsonObject).map(({ loc, msg }) => {
    const place = Array.isArray(loc) ? `${(loc as readonly Json[]).map(String).join('.')}: ` : ''
    return `${place}${textOf(msg) ?? 'invalid'}`
  })
  return textOf(parts.join('; '))
}

/** The error object of OpenAI's API. */
interface ErrorObject extends JsonObject {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | number | null
}

function messageIn(json: Json, outer: JsonObject, inner: JsonObject): string | undefined {
  const said = textOf(inner['message']) ?? textOf(outer['error']) ?? detailOf(outer['detail'])
  return said ?? (typeof json === 'string' ? textOf(json.trim()) : undefined)
}

/**
 * OpenAI's error object, from whatever shape a server has for it: OpenAI's and llama.cpp's `{error: {…}}`, Ollama's `{error: "…"}`, older
 * vLLM's `{object: "error", message, …}`, FastAPI's `{detail: …}`, or a page of text.
 */
function errorObjectOf(body: string | JsonObject, status: number): ErrorObject {
  const json = typeof body === 'string' ? parse(body) : body
  const outer = isJsonObject(json) ? json : {}
  const inner = isJsonObject(outer['error']) ? outer['error'] : outer
  const { type, param, code } = inner
  return {
    message: messageIn(json, outer, inner) ?? `the server answered with status ${status}`,
    type: textOf(type) ?? 'invalid_request_error',
    param: textOf(param) ?? null,
    code: typeof code === 'number' ? code : (textOf(code) ?? null)
  }
}

/** @throws EngineError when what a server sent with status 200 is an error after all */
export function throwIfError(name: string, answer: JsonObject): void {
  if (answer['error'] === undefined || answer['error'] === null) return
  throw new EngineError('engine', `${name} failed: ${errorObjectOf(answer, 200).message}`)
}

/** What other servers may well do: it says nothing of the request. */
const BACKENDS_OWN: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408])

/** Ollama (0.17) answers 500 to an option of a wrong type. Every other server would refuse it too. */
const WRONG_OPTION = /^option "[^"]*" must be of type /

/** The server's own failure, by its status. */
export class StatusError extends EngineError {
  readonly status: number

  constructor(status: number, message: string) {
    super(status === 429 || status === 503 ? 'overloaded' : 'engine', message)
    this.status = status
  }
}

/** The failure that a status other than 2xx is. @param body as it came, perhaps cut */
export function statusFailure(name: string, status: number, body: string): Error {
  const error = errorObjectOf(body, status)
  const ownFault = status < 400 || status > 499 || status === 429 || BACKENDS_OWN.has(status)
  if (!ownFault) return new RequestError(status, error)
  if (WRONG_OPTION.test(error.message)) return new RequestError(400, error)
  return new StatusError(status, `${name} answered ${status}: ${error.message}`)
}
