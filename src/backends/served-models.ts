import { PeerbanditError } from '../core/errors.ts'
import { isJsonObject, type Json } from '../job/api-call.ts'
import { StatusError } from './http-failure.ts'

/** Of one server; more, or longer ones, are passed over. */
const MAX_MODELS = 1_024
const MAX_NAME_LENGTH = 256

/** The names in a list of a server's. @param where the list is @param key of the name in each entry @throws ERR_PROTOCOL */
export function modelNames(answer: Json, where: string, key: string): string[] {
  const list = isJsonObject(answer) ? answer[where] : undefined
  if (!Array.isArray(list)) {
    throw new PeerbanditError('ERR_PROTOCOL', `a list of models must have a list ${where}, got ${typeof list}`)
  }
  const names = new Set<string>()
  for (const entry of (list as readonly Json[]).slice(0, MAX_MODELS)) {
    const name = isJsonObject(entry) ? entry[key] : undefined
    if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH) names.add(name)
  }
  return [...names]
}

/** Which names of the network a server answers to. */
export interface ModelNames {
  /** The server's own name of a model. */
  ownName(model: string): string
  /** @param listed by the server; undefined when it lists none at all */
  served(listed: readonly string[] | undefined): string[]
}

export function modelNaming(models: Readonly<Record<string, string>> | undefined): ModelNames {
  if (models === undefined) return { ownName: (model) => model, served: (listed = []) => [...listed] }
  const own = new Map(Object.entries(models))
  return {
    ownName: (model) => own.get(model) ?? model,
    served: (listed) => [...own].filter(([, name]) => listed === undefined || listed.includes(name)).map(([model]) => model)
  }
}

const MISSING: ReadonlySet<number> = new Set([404, 405, 501])

/** A list that a server may not have: undefined then. */
export async function unlessMissing<T>(list: Promise<T>): Promise<T | undefined> {
  try {
    return await list
  } catch (error) {
    if (error instanceof StatusError && MISSING.has(error.status)) return undefined
    throw error
  }
}
