import { z } from 'zod'

// Every message completes the sentence "<path> must be …, got …".

const POSITIVE = 'a finite number above 0'
const AT_LEAST_0 = 'a finite number of at least 0'
const RATIO = 'between 0 and 1'
const INSIDE_RATIO = 'above 0 and below 1'
const NAME = 'a string that is not empty'

export const positive = z.number(POSITIVE).gt(0, POSITIVE)
export const atLeast0 = z.number(AT_LEAST_0).min(0, AT_LEAST_0)
export const ratio = z.number(RATIO).min(0, RATIO).max(1, RATIO)
export const insideRatio = z.number(INSIDE_RATIO).gt(0, INSIDE_RATIO).lt(1, INSIDE_RATIO)
export const name = z.string(NAME).min(1, NAME)
export const text = z.string('a string')

export function integer(least: number) {
  const wanted = `an integer of at least ${least}`
  return z.int(wanted).min(least, wanted)
}

/** A list; with at least one entry where `least` is 1. */
export function listOf<T extends z.ZodType>(entry: T, least: 0 | 1 = 0) {
  const wanted = least > 0 ? `a list with at least ${least} entry` : 'a list'
  return z.array(entry, wanted).min(least, wanted)
}

/** An object with these fields and no other: a field with a typing error must not be passed over. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `left out (the fields are ${Object.keys(shape).join(', ')})` : 'an object'
  })
}

/** One of several objects, told apart by `kind`. */
export function oneOfKinds<Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]>(
  kinds: readonly string[],
  options: Options
) {
  return z.discriminatedUnion('kind', options, {
    error: ({ code }) => (code === 'invalid_union' ? `one of ${kinds.join(', ')}` : 'an object')
  })
}

interface Rising {
  readonly from: string
  readonly to: string
  /** What the two are where they are left out. */
  readonly defaults?: Readonly<Record<string, number>>
  /** Whether both may be the same. @default false */
  readonly equal?: boolean
}

/** A check of an object: its second field is above the first. */
export function rising<T extends object>({ from, to, defaults = {}, equal = false }: Rising) {
  return (context: z.core.ParsePayload<T>): void => {
    const fields = context.value as Readonly<Record<string, number | undefined>>
    const low = fields[from] ?? defaults[from]
    const high = fields[to] ?? defaults[to]
    if (equal ? high >= low : high > low) return
    const wrong =
      fields[to] === undefined
        ? { path: [from], message: `${equal ? 'at most' : 'below'} ${to} (${high})`, input: low }
        : { path: [to], message: `${equal ? 'at least' : 'above'} ${from} (${low})`, input: high }
    context.issues.push({ code: 'custom', ...wrong })
  }
}
