import { PeerbanditError } from '../core/errors.ts'
import type { Json } from '../job/api-call.ts'

/** @throws ERR_PROTOCOL */
export function parseJson(what: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    const seen = JSON.stringify(text.slice(0, 100))
    throw new PeerbanditError('ERR_PROTOCOL', `${what} must be JSON, got ${seen}`, { cause })
  }
}
