import { messageOf } from '../../core/errors.ts'
import { schemaAt, scalarFields, type SchemaNode, VARIABLE_PREFIX } from './fields.ts'
import { didYouMean } from '../../core/near.ts'

/** A value that did not come from the file. */
export interface Setting {
  readonly path: readonly string[]
  readonly value: unknown
  /** "environment variable PEERBANDIT_LISTEN_PORT" */
  readonly origin: string
}

export interface Settings {
  readonly settings: readonly Setting[]
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Variables of this prefix that are no fields. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([`${VARIABLE_PREFIX}CONFIG`])

/** A text as the kind that a field has. One that is not of it stays a text, and the check of the document refuses it. */
function valueOf(text: string, { type, items }: SchemaNode): unknown {
  if (type === 'number' || type === 'integer') return numberOf(text)
  if (type === 'boolean') return ['true', 'false'].includes(text) ? text === 'true' : text
  if (type === 'array' && items?.type === 'string') return listIn(text)
  return text
}

function numberOf(text: string): number | string {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** Names with commas between; JSON is read later. */
function listIn(text: string): string[] | string {
  if (text.trim().startsWith('[')) return text
  return text === '' ? [] : text.split(',').map((part) => part.trim())
}

/** Fields from the environment. What is empty counts as not set. @param known variables that are used otherwise, for keys */
export function environmentSettings(
  env: Readonly<Record<string, string | undefined>>,
  known: ReadonlySet<string> = new Set()
): Settings {
  const fields = scalarFields()
  const settings = fields.flatMap(({ path, variable, schema }) => {
    const text = env[variable]
    if (text === undefined || text === '') return []
    return [{ path: path.split('.'), value: valueOf(text, schema), origin: `environment variable ${variable}` }]
  })
  const names = fields.map(({ variable }) => variable)
  const warnings = Object.keys(env)
    .filter((name) => name.startsWith(VARIABLE_PREFIX))
    .filter((name) => !names.includes(name) && !OTHER_VARIABLES.has(name) && !known.has(name))
    .map((name) => `the environment variable ${name} sets no field${didYouMean(name, names)}`)
  return { settings, problems: [], warnings }
}

export interface ConfigFlags {
  /** `--host` */
  readonly host?: string
  /** `--port` */
  readonly port?: number
  /** Each `path=value`, of `--set`. */
  readonly set?: readonly string[]
}

/** Fields from options of the command line. */
export function flagSettings({ host, port, set = [] }: ConfigFlags): Settings {
  const root = schemaAt([]) ?? {}
  const assigned = set.map((text) => assignment(text, root))
  return {
    settings: [
      ...assigned.filter((each) => typeof each !== 'string'),
      ...(host === undefined ? [] : [{ path: ['listen', 'host'], value: host, origin: '--host' }]),
      ...(port === undefined ? [] : [{ path: ['listen', 'port'], value: port, origin: '--port' }])
    ],
    problems: assigned.filter((each) => typeof each === 'string'),
    warnings: []
  }
}

/** One `path=value`, or what is wrong with it. Lists and objects are given as JSON. */
function assignment(text: string, root: SchemaNode): Setting | string {
  const equals = text.indexOf('=')
  if (equals <= 0) return `--set must be FIELD=VALUE, such as routing.policy=ucb1, got "${text}"`
  const [name, given] = [text.slice(0, equals), text.slice(equals + 1)]
  const path = name.split('.')
  const schema = schemaAt(path, root)
  const origin = `--set ${name}`
  if (schema === undefined) {
    const names = scalarFields(root).map((field) => field.path)
    return `${origin}: there is no field ${name}${didYouMean(name, names)}; lists and objects are set whole, as JSON`
  }
  const value = valueOf(given, schema)
  if (typeof value !== 'string' || !holdsJson(schema)) return { path, value, origin }
  try {
    return { path, value: JSON.parse(value) as unknown, origin }
  } catch (error) {
    return `${origin} must be JSON: ${messageOf(error).replace(/,? ".*" is not valid JSON/s, '')}`
  }
}

function holdsJson({ type, anyOf }: SchemaNode): boolean {
  return type === 'array' || type === 'object' || (anyOf ?? []).some(holdsJson)
}
