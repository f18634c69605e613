import { isPeerbanditError, messageOf } from '../core/errors.ts'
import type { JsonObject } from '../job/api-call.ts'
import { RequestError } from '../router/transport.ts'

/** Whose words an answer is in. */
export type Dialect = 'openai' | 'ollama'

interface ApiErrorDetails {
  readonly param?: string
  readonly code?: string
  readonly retryAfterS?: number
  /** The whole error object, where a peer made it. */
  readonly object?: JsonObject
  readonly cause?: unknown
}

/** What a client is told, in the shape of the API that it called. */
export class ApiError extends Error {
  /** HTTP status, 400–599. */
  readonly status: number
  readonly retryAfterS: number | undefined
  readonly #object: JsonObject

  constructor(status: number, message: string, { param, code, retryAfterS, object, cause }: ApiErrorDetails = {}) {
    super(message, { cause })
    this.name = 'ApiError'
    this.status = status
    this.retryAfterS = retryAfterS
    this.#object = object ?? { message, type: typeOf(status), param: param ?? null, code: code ?? null }
  }

  body(dialect: Dialect): JsonObject {
    return { error: dialect === 'openai' ? this.#object : this.message }
  }
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

export function invalid(message: string, param?: string): ApiError {
  return new ApiError(400, message, param === undefined ? {} : { param, code: 'invalid_value' })
}

/** A full pool usually has a place again within seconds. */
const RETRY_AFTER_S = 1
/** Somebody has to come first. */
const RETRY_NOBODY_S = 10

export function overloaded(message: string): ApiError {
  return new ApiError(503, message, { code: 'overloaded', retryAfterS: RETRY_AFTER_S })
}

export function nobodyThere(message: string, cause?: unknown): ApiError {
  return new ApiError(503, message, { code: 'no_eligible_peer', retryAfterS: RETRY_NOBODY_S, cause })
}

function ofCode(code: string, message: string, cause: unknown): ApiError | undefined {
  switch (code) {
    case 'ERR_OVERLOADED':
      return overloaded(message)
    case 'ERR_NO_ELIGIBLE_PEER':
      return nobodyThere(message, cause)
    case 'ERR_TIMEOUT':
      return new ApiError(504, message, { code: 'timeout', cause })
    case 'ERR_JOB_FAILED':
      return new ApiError(502, message, { code: 'job_failed', cause })
    default:
      return undefined
  }
}

/** fastify's own errors carry a status; the words of those below 500 are meant for clients. */
function ofServer(thrown: unknown): ApiError | undefined {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return undefined
  const status = Number(thrown.statusCode)
  if (!(status >= 400 && status < 500)) return undefined
  return new ApiError(status, thrown.message, { code: status === 413 ? 'request_too_large' : 'bad_request' })
}

/** What to tell of anything thrown. What is nobody's doing but ours says no more than that. */
export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  if (thrown instanceof RequestError) return new ApiError(thrown.status, thrown.message, { object: thrown.error, cause: thrown })
  const known = isPeerbanditError(thrown) ? ofCode(thrown.code, messageOf(thrown), thrown) : ofServer(thrown)
  return known ?? new ApiError(500, 'the gateway failed', { code: 'internal_error', cause: thrown })
}
