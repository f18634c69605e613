import { show } from '../core/check.ts'
import { messageOf, PeerbanditError } from '../core/errors.ts'

const REGISTRY_VERSION = 1

/** A model that serves, or has served. */
export interface ServedModel {
  /** Of its file, without `.json`. */
  readonly name: string
  /** Of its content: a file that was written over is another model. */
  readonly sha256: string
  /** When it was promoted: ISO 8601. */
  readonly promotedAt: string
  /** By what it was better, in words. */
  readonly why: string
}

/** Which model of a directory serves, and which did before it. Plain JSON. */
export interface ModelRegistry {
  readonly version: typeof REGISTRY_VERSION
  readonly serving: ServedModel | null
  /** Those that a rollback goes back to, the latest last. */
  readonly history: readonly ServedModel[]
}

export const EMPTY_REGISTRY: ModelRegistry = { version: REGISTRY_VERSION, serving: null, history: [] }

function refuse(defect: string, cause?: unknown): never {
  throw new PeerbanditError('ERR_MODEL', defect, { cause })
}

/** @param name of a model, which becomes the name of a file @throws ERR_MODEL for what would be no file in the directory */
export function checkModelName(name: string): string {
  if (/^\w[\w.-]*$/.test(name) && name !== 'registry') return name
  return refuse(`a model's name must be of letters, digits, ".", "_" and "-", and not "registry", got ${show(name)}`)
}

function isServed(value: unknown): value is ServedModel {
  const { name, sha256, promotedAt, why } = (value ?? {}) as Partial<ServedModel>
  return [name, sha256, promotedAt, why].every((field) => typeof field === 'string')
}

function parse(text: string): Partial<ModelRegistry> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<ModelRegistry>
  } catch (error) {
    return refuse(`registry of models: not JSON: ${messageOf(error)}`, error)
  }
}

/** @throws ERR_MODEL naming the first defect */
export function readRegistry(text: string): ModelRegistry {
  const { version, serving = null, history } = parse(text)
  if (version !== REGISTRY_VERSION) refuse(`registry of models: got v${String(version)}, expected v${REGISTRY_VERSION}`)
  if (serving !== null && !isServed(serving)) refuse('registry of models: serving must be a model, or null')
  if (!(Array.isArray(history) && history.every(isServed))) refuse('registry of models: history must be a list of models')
  for (const { name } of serving === null ? history : [...history, serving]) checkModelName(name)
  return { version, serving, history }
}

/** The registry with another model that serves. @throws ERR_MODEL if it serves already */
export function promoted({ version, serving, history }: ModelRegistry, served: ServedModel): ModelRegistry {
  if (serving?.sha256 === served.sha256) refuse(`${served.name} serves already, as ${serving.name}`)
  return { version, serving: served, history: serving === null ? history : [...history, serving] }
}

/** The registry as it was when an earlier model served. @param steps back, 1 for the one before @throws ERR_MODEL if there is none */
export function rolledBack({ version, serving, history }: ModelRegistry, steps = 1): ModelRegistry {
  const place = history.length - steps
  if (place < 0) refuse(`no model served before ${serving === null ? 'now' : serving.name}`)
  return { version, serving: history[place], history: history.slice(0, place) }
}
