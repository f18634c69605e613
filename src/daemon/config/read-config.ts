import { readFile, stat } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import { checkDocument, type OriginOf, refusal } from './check-config.ts'
import { CONFIG_FILE } from './config-file.ts'
import type { Config } from './config-schema.ts'
import { type Path, VARIABLE_PREFIX } from './fields.ts'
import { type ConfigFlags, environmentSettings, flagSettings, type Setting } from './settings.ts'
import { configWarnings, namedVariables } from './warnings.ts'

export interface ConfigSources {
  /** @default the one that PEERBANDIT_CONFIG names, or peerbandit.config.json where it is there, or none */
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the command line. @default none */
  readonly flags?: ConfigFlags
}

export interface FoundConfig {
  readonly config: Config
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined
  /** What works and may not be meant so, a sentence each. */
  readonly warnings: readonly string[]
}

type Document = Readonly<Record<string, unknown>>

/**
 * The configuration: a file, over it the environment, over that the command line. Paths in it are relative to the working directory.
 * @throws ERR_INVALID_OPTION with everything that is wrong, a line each, naming the file (or variable, or option) and the field
 */
export async function readConfig({ file: named, env, flags = {} }: ConfigSources): Promise<FoundConfig> {
  const file = named ?? nonEmpty(env[`${VARIABLE_PREFIX}CONFIG`]) ?? ((await isThere(CONFIG_FILE)) ? CONFIG_FILE : undefined)
  const document = file === undefined ? {} : await readDocument(file)
  const fromEnvironment = environmentSettings(env, namedVariables(document))
  const fromFlags = flagSettings(flags)
  const settings = [...fromEnvironment.settings, ...fromFlags.settings]
  const merged = settings.reduce(withSetting, document)
  const { config, problems = [] } = checkDocument(merged, originFrom(settings, file ?? 'defaults'))
  // Everything that is wrong is told at once.
  if (config === undefined || fromFlags.problems.length > 0) throw refusal([...fromFlags.problems, ...problems])
  return { config, file, warnings: [...fromEnvironment.warnings, ...configWarnings(config)] }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false
  )
}

async function readDocument(file: string): Promise<Document> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${file} must be a JSON file that can be read: ${messageOf(cause)}`, {
      cause
    })
  })
  const value = parse(file, text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Document
  const got = Array.isArray(value) ? 'a list' : String(value)
  throw new PeerbanditError('ERR_INVALID_OPTION', `${file} must hold a JSON object, got ${got}`)
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  } catch (cause) {
    const comment = firstComment(text)
    const what =
      comment === undefined
        ? `must be JSON: ${withoutExcerpt(messageOf(cause))}`
        : `must be JSON without comments: there is one in line ${comment}`
    throw new PeerbanditError('ERR_INVALID_OPTION', `${file} ${what}`)
  }
}

/** What V8 quotes of the text may be a key. */
function withoutExcerpt(message: string): string {
  return message.replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '')
}

/** The line of the first comment; strings may hold what looks like one. */
function firstComment(text: string): number | undefined {
  for (const { 0: found, index } of text.matchAll(/"(?:\\.|[^"\\])*"|\/\/|\/\*/gs)) {
    if (!found.startsWith('"')) return text.slice(0, index).split('\n').length
  }
  return undefined
}

/** The document with a value in it. A setting inside something that is no object takes its place. */
function withSetting(document: Document, { path, value }: Setting): Document {
  const [key, ...rest] = path
  if (rest.length === 0) return { ...document, [key]: value }
  const inner = document[key]
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Document) : {}
  return { ...document, [key]: withSetting(object, { path: rest, value, origin: '' }) }
}

/** The last setting at or above a path is where its value came from; what was never set is as the file has it. */
function originFrom(settings: readonly Setting[], otherwise: string): OriginOf {
  return (path: Path) => settings.findLast((setting) => setting.path.every((key, i) => key === path[i]))?.origin ?? otherwise
}
