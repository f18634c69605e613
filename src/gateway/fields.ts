import { isUtf8 } from 'node:buffer'
import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { ApiError, invalid } from './api-error.ts'

// Array.isArray alone does not narrow readonly arrays.
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The object's fields but these. */
export function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

/** More than anybody means; what is nested without end cannot be written again. */
const MOST_NESTED = 200

function isTooDeep(value: Json | undefined, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return left === 0 || Object.values(value).some((inner: Json | undefined) => isTooDeep(inner, left - 1))
}

/** A request's body. @throws ApiError 400 if it is not UTF-8, not JSON, no object, or nested too deeply */
export function readBody(bytes: unknown): JsonObject {
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) throw new ApiError(400, 'the request has no body: send a JSON object')
  if (!isUtf8(bytes)) throw new ApiError(400, 'the body is not valid UTF-8', { code: 'invalid_encoding' })
  let body: Json
  try {
    body = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as Json
  } catch {
    // The parser's own message quotes the body.
    throw new ApiError(400, 'the body is not valid JSON', { code: 'invalid_json' })
  }
  if (!isJsonObject(body)) throw new ApiError(400, 'the body must be a JSON object', { code: 'invalid_json' })
  if (isTooDeep(body, MOST_NESTED)) throw invalid(`the body is nested more than ${MOST_NESTED} deep`)
  return body
}

// Of each: undefined where the field is missing or null. @throws ApiError 400 for another type

export function textIn(body: JsonObject, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && typeof value !== 'string') throw invalid(`${name} must be a string`, name)
  return value
}

export function flagIn(body: JsonObject, name: string): boolean | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw invalid(`${name} must be true or false`, name)
  return value
}

/** Of 31 bits, as they go over the wire. */
export const MOST_TOKENS = 2 ** 31 - 1

export function integerIn(body: JsonObject, name: string, least: number, most = MOST_TOKENS): number | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(`${name} must be an integer from ${least} to ${most}`, name)
}

export function objectIn(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && !isJsonObject(value)) throw invalid(`${name} must be an object`, name)
  return value
}

export function arrayIn(body: JsonObject, name: string): readonly Json[] | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && !isArray(value)) throw invalid(`${name} must be an array`, name)
  return value
}

export function objectsIn(body: JsonObject, name: string): readonly JsonObject[] | undefined {
  const values = arrayIn(body, name)
  if (values === undefined || values.every(isJsonObject)) return values
  throw invalid(`${name} must be an array of objects`, name)
}

const MOST_NAME_CHARS = 512

/** @throws ApiError 400 if there is none */
export function modelIn(body: JsonObject): string {
  const model = textIn(body, 'model')
  if (model === undefined || model === '') throw new ApiError(400, 'model is missing', { param: 'model', code: 'missing_model' })
  if (model.length > MOST_NAME_CHARS) throw invalid(`model must have at most ${MOST_NAME_CHARS} characters`, 'model')
  return model
}
