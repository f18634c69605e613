import { show } from '../../core/check.ts'
import type { Config } from './config-schema.ts'
import type { Path } from './fields.ts'

export const REDACTED = '[redacted]'

/** The configuration as it may be shown: without keys of clients, and without the values of headers. */
export function redacted(config: Config): Config {
  return {
    ...config,
    keys: config.keys.map((key) => (key.key === undefined ? key : { ...key, key: REDACTED })),
    backends: config.backends.map((backend) =>
      backend.headers === undefined ? backend : { ...backend, headers: mapValues(backend.headers, () => REDACTED) }
    )
  }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

/** Longer values are cut in errors. */
const SHOWN_CHARACTERS = 80

/** Fields of keys that may be shown; whatever else is written there, also as the name of a variable, may be a key in the wrong place. */
const OPEN_FIELDS_OF_KEYS: ReadonlySet<PropertyKey> = new Set(['name', 'keyFile', 'requestsPerMinute'])

function isSecret(path: Path): boolean {
  const [section, , field] = path
  if (section === 'keys') return !OPEN_FIELDS_OF_KEYS.has(field)
  return section === 'backends' && (field === 'headers' || field === 'apiKeyEnv')
}

/** A refused value, as an error may show it. Objects are not spelt out: there may be a secret in them. */
export function shownValue(path: Path, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (isSecret(path))
    return value === '' ? '""' : `${typeof value === 'string' ? 'a text' : `a ${typeof value}`} that is not shown`
  const shown = show(typeof value === 'string' ? value.replace(/\/\/[^/@\s]*@/, `//${REDACTED}@`) : value)
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown
}
