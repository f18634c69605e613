import { PeerbanditError } from '../core/errors.ts'
import type { Json, JsonObject } from '../job/api-call.ts'

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws ERR_PROTOCOL */
export function parseJson(what: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    const seen = JSON.stringify(text.slice(0, 100))
    throw new PeerbanditError('ERR_PROTOCOL', `${what} must be JSON, got ${seen}`, { cause })
  }
}
