import { readFile } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../core/errors.ts'
import { type Algorithm, ALGORITHMS, parseAlgorithms, withAlgorithms } from '../scoring/algorithms.ts'

/** The eight algorithms with the tables of a file in place of, or beside, their own. @throws ERR_INVALID_OPTION for a file that cannot be read, ERR_INVALID_WEIGHTS for what is in it */
export async function readAlgorithms(path: string): Promise<readonly Algorithm[]> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${path} must be a JSON file with weight tables: ${messageOf(cause)}`, {
      cause
    })
  }
  return withAlgorithms(ALGORITHMS, parseAlgorithms(json))
}
