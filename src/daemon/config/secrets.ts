import { readFile } from 'node:fs/promises'
import { messageOf } from '../../core/errors.ts'
import { refusal } from './check-config.ts'
import type { Config } from './config-schema.ts'
import { KEY_PATTERN, KEY_WANTED } from './gateway-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Who may call the API, with the key itself. */
interface ClientKey {
  readonly name: string
  readonly key: string
  /** Undefined for no limit. */
  readonly requestsPerMinute?: number
}

export interface Secrets {
  readonly keys: readonly ClientKey[]
  /** Of backends that have one, by name. */
  readonly backendKeys: ReadonlyMap<string, string>
}

/** A key, or what is wrong; never the key in a message. */
type Found = { readonly key: string } | { readonly problem: string }

/**
 * The keys that a configuration holds or refers to. Read again on every reload: a file may hold another key under the same name.
 * @throws ERR_INVALID_OPTION for a variable that is not set, a file that cannot be read, what is no key, or a key of two clients; all at once
 */
export async function readSecrets({ keys, backends }: Pick<Config, 'keys' | 'backends'>, env: Environment): Promise<Secrets> {
  const clients = await Promise.all(keys.map(async (entry, i) => ({ entry, found: await clientKey(entry, `keys[${i}]`, env) })))
  const servers = backends.flatMap(({ name, apiKeyEnv }, i) =>
    apiKeyEnv === undefined ? [] : [{ name, found: fromVariable(apiKeyEnv, `backends[${i}].apiKeyEnv`, env) }]
  )
  const found = clients.flatMap(({ entry: { name, requestsPerMinute }, found: key }) =>
    'problem' in key ? [] : [{ name, key: key.key, ...(requestsPerMinute !== undefined && { requestsPerMinute }) }]
  )
  const problems = [...clients, ...servers].flatMap((each) => ('problem' in each.found ? [each.found.problem] : []))
  const all = [...problems, ...sharedKeys(found)]
  if (all.length > 0) throw refusal(all)
  const backendKeys = servers.flatMap((each) => ('key' in each.found ? [[each.name, each.found.key] as const] : []))
  return { keys: found, backendKeys: new Map(backendKeys) }
}

/** All secrets of a configuration, to be kept out of logs. */
export function secretTexts({ keys, backendKeys }: Secrets, { backends }: Pick<Config, 'backends'>): string[] {
  return [
    ...keys.map(({ key }) => key),
    ...backendKeys.values(),
    ...backends.flatMap(({ headers }) => Object.values(headers ?? {}))
  ]
}

async function clientKey({ key, keyEnv, keyFile }: Config['keys'][number], where: string, env: Environment): Promise<Found> {
  if (keyEnv !== undefined) return checkKey(fromVariable(keyEnv, `${where}.keyEnv`, env), `${where}.keyEnv: ${keyEnv}`)
  if (keyFile !== undefined) return fromFile(keyFile, `${where}.keyFile`)
  return checkKey({ key: key ?? '' }, `${where}.key`)
}

function fromVariable(variable: string, where: string, env: Environment): Found {
  const text = env[variable]
  return text === undefined || text === ''
    ? { problem: `${where}: the environment variable ${variable} is not set` }
    : { key: text }
}

async function fromFile(path: string, where: string): Promise<Found> {
  try {
    return checkKey({ key: (await readFile(path, 'utf8')).trim() }, `${where}: ${path}`)
  } catch (error) {
    return { problem: `${where} must be a file that can be read: ${messageOf(error)}` }
  }
}

/** Keys of clients are ours to demand something of; those of backends are as they are. */
function checkKey(found: Found, what: string): Found {
  return 'problem' in found || KEY_PATTERN.test(found.key) ? found : { problem: `${what} must hold ${KEY_WANTED}` }
}

function sharedKeys(keys: readonly ClientKey[]): string[] {
  return keys.flatMap(({ name, key }, i) => {
    const first = keys.findIndex((other) => other.key === key)
    return first < i ? [`keys: ${name} has the key of ${keys[first].name}`] : []
  })
}
