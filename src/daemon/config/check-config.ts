import type { z } from 'zod'
import { PeerbanditError } from '../../core/errors.ts'
import { type Config, configSchema } from './config-schema.ts'
import { namesAt, type Path } from './fields.ts'
import { didYouMean } from '../../core/near.ts'
import { shownValue } from './redact.ts'

/** Says where the value at a path came from: a file, a variable, an option. */
export type OriginOf = (path: Path) => string

interface Problem {
  readonly path: Path
  readonly message: string
}

/** `backends[0].url` */
function pathText(path: Path): string {
  return path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`
      const name = String(key)
      return /^[\w$]+$/.test(name) ? `${i > 0 ? '.' : ''}${name}` : `[${JSON.stringify(name)}]`
    })
    .join('')
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key], document)
}

/** Of several shapes that a value may have, the one that its type fits says what is wrong inside it. */
function fitting(variants: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  return variants.find((issues) => issues.every(({ path }) => path.length > 0))
}

function problemsOf(issue: z.core.$ZodIssue, document: unknown, outer: Path = []): Problem[] {
  const path = [...outer, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const names = namesAt(path)
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `is no field${didYouMean(key, names)}${names.length > 0 ? ` (the fields here are ${names.join(', ')})` : ''}`
    }))
  }
  const inside = issue.code === 'invalid_union' ? fitting(issue.errors) : undefined
  if (inside !== undefined) return inside.flatMap((each) => problemsOf(each, document, path))
  // An entry whose name is wrong says so in an issue of its own.
  if (issue.code === 'invalid_key') return [{ path, message: `must have as its name ${issue.issues[0].message}` }]
  return [{ path, message: `must be ${issue.message}, got ${shownValue(path, valueAt(document, path))}` }]
}

/** A checked document, or everything that does not hold: a line each, with origin and path. */
export type CheckedDocument =
  { readonly config: Config; readonly problems?: never } | { readonly config?: never; readonly problems: readonly string[] }

/** Checks every field, its kind and its range, and what depends on several of them; and fills in defaults. */
export function checkDocument(document: unknown, originOf: OriginOf): CheckedDocument {
  const result = configSchema.safeParse(document)
  if (result.success) return { config: result.data }
  const problems = result.error.issues
    .flatMap((issue) => problemsOf(issue, document))
    .map(({ path, message }) => `${originOf(path)}: ${path.length === 0 ? 'the document' : pathText(path)} ${message}`)
  return { problems }
}

/** As {@link checkDocument}. @param origin names the document in errors @throws ERR_INVALID_OPTION with all problems */
export function checkConfig(document: unknown, origin = 'configuration'): Config {
  const { config, problems } = checkDocument(document, () => origin)
  if (problems !== undefined) throw refusal(problems)
  return config
}

/** One problem in a line; several below a line that counts them. */
export function refusal(problems: readonly string[]): PeerbanditError {
  const heading = `${problems.length} problems with the configuration`
  return new PeerbanditError('ERR_INVALID_OPTION', problems.length === 1 ? problems[0] : [heading, ...problems].join('\n  '))
}
