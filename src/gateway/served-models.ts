import { distance } from 'fastest-levenshtein'
import { ApiError, nobodyThere } from './api-error.ts'
import type { GatewayService, ServedModel } from './service.ts'

const MOST_SUGGESTED = 3
/** Names that differ in more of their characters than this are other names. */
const MOST_DIFFERENT = 0.4
/** More than this are not compared: each costs some microseconds. */
const MOST_COMPARED = 2000

const LATEST = ':latest'

/** As Ollama reads names: without a tag it is the latest. */
function otherSpelling(name: string): string {
  return name.endsWith(LATEST) ? name.slice(0, -LATEST.length) : name + LATEST
}

/** Names like the one that was asked for, the likest first. */
function similar(name: string, models: readonly ServedModel[]): string[] {
  const asked = name.toLowerCase()
  return models
    .slice(0, MOST_COMPARED)
    .map((model) => {
      const known = model.name.toLowerCase()
      const differs =
        known.includes(asked) || asked.includes(known) ? 0 : distance(asked, known) / Math.max(asked.length, known.length)
      return { name: model.name, differs }
    })
    .filter(({ differs }) => differs <= MOST_DIFFERENT)
    .sort((a, b) => a.differs - b.differs)
    .slice(0, MOST_SUGGESTED)
    .map((model) => model.name)
}

/**
 * The name of the served model that a request means.
 * @throws ApiError 503 if peers that serve it are away, otherwise 404 with names that are like it
 */
export function servedName(service: GatewayService, name: string): string {
  if (service.serves(name)) return name
  if (service.serves(otherSpelling(name))) return otherSpelling(name)
  if ([name, otherSpelling(name)].some((each) => service.knows?.(each))) {
    throw nobodyThere(`no peer that serves the model ${JSON.stringify(name)} is there now; try again later`)
  }
  const likely = similar(name, service.models())
  const hint = likely.length > 0 ? `; did you mean ${likely.map((other) => JSON.stringify(other)).join(' or ')}?` : ''
  throw new ApiError(404, `no peer serves the model ${JSON.stringify(name)} now${hint}`, {
    param: 'model',
    code: 'model_not_found'
  })
}

/** The served model that a request means. @throws as {@link servedName} */
export function findModel(service: GatewayService, name: string): ServedModel {
  const served = servedName(service, name)
  return service.models().find((model) => model.name === served)!
}
