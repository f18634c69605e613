import { readFile } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import { checkScenario } from './check-scenario.ts'
import type { ResolvedScenario } from './scenario.ts'
import { SCENARIOS } from './catalogue/catalogue.ts'

/**
 * A scenario by its name, or from a JSON file: a name that ends with .json.
 * @throws ERR_INVALID_OPTION for an unknown name, a file that cannot be read, or a wrong field, with its path
 */
export async function readScenario(nameOrPath: string): Promise<ResolvedScenario> {
  if (nameOrPath.endsWith('.json')) return checkScenario(await readJson(nameOrPath), nameOrPath)
  const scenario = SCENARIOS.find(({ name }) => name === nameOrPath)
  if (scenario !== undefined) return checkScenario(scenario, nameOrPath)
  const known = SCENARIOS.map(({ name }) => name).join(', ')
  throw new PeerbanditError('ERR_INVALID_OPTION', `scenario must be a .json file or one of ${known}, got "${nameOrPath}"`)
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch (cause) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${path} must be a JSON file with a scenario: ${messageOf(cause)}`, { cause })
  }
}
