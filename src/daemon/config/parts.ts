import { z } from 'zod'

// Every message completes the sentence "<path> must be …, got …".

/** A whole number. @param least, @param most both allowed */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  const wanted =
    most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`
  return z.int(wanted).min(least, wanted).max(most, wanted)
}

/** A number above 0. */
export function positive(most?: number) {
  const wanted = most === undefined ? 'a number above 0' : `a number above 0 and at most ${most}`
  const above0 = z.number(wanted).gt(0, wanted)
  return most === undefined ? above0 : above0.max(most, wanted)
}

/** A number of at least 0. */
export function atLeast0(most?: number) {
  const wanted = most === undefined ? 'a number of at least 0' : `a number from 0 to ${most}`
  const from0 = z.number(wanted).min(0, wanted)
  return most === undefined ? from0 : from0.max(most, wanted)
}

export const ratio = () => atLeast0(1)

export const yesOrNo = () => z.boolean('true or false')

const NOT_EMPTY = 'a text that is not empty'
export const text = () => z.string(NOT_EMPTY).min(1, NOT_EMPTY)

/** A text of a form. @param wanted says the form in words */
export function formed(pattern: RegExp, wanted: string) {
  return z.string(wanted).regex(pattern, wanted)
}

export function oneOf<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, `one of ${names.join(', ')}`)
}

/** Names of keys and backends: they stand in logs, metrics and headers. */
export const name = () => formed(/^[A-Za-z0-9][\w.-]{0,63}$/, 'a name of up to 64 letters, digits, ".", "_" or "-"')

/** What a variable of the environment may be called. */
export const variable = () => formed(/^[A-Za-z_]\w*$/, 'the name of an environment variable')

const HTTP_URL = 'a URL that begins with http:// or https://'

/** Where a server is. Credentials in it would end in logs: they have fields of their own. */
export function httpUrl() {
  return z
    .url({ protocol: /^https?$/, hostname: /.+/, error: HTTP_URL })
    .refine((url) => !hasCredentials(url), 'a URL without a name and a password in it')
}

function hasCredentials(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && (parsed.username !== '' || parsed.password !== '')
}

export function listOf<T extends z.ZodType>(entry: T, least: 0 | 1 = 0) {
  const wanted = least > 0 ? 'a list with at least one entry' : 'a list'
  const list = z.array(entry, wanted)
  return least > 0 ? list.min(least, wanted) : list
}

export function mapOf<T extends z.ZodType>(value: T) {
  return z.record(text(), value, 'an object')
}

/** An object with these fields and no other: a field with a typing error must not be passed over. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? undefined : 'an object') })
}
