import { show } from '../../core/check.ts'
import { messageOf, PeerbanditError } from '../../core/errors.ts'

/** Where something is in a dataset: as errors name it, e.g. `runs.csv row 3 (line 4)`. */
export interface Place {
  /** File or URL. */
  readonly path: string
  /** 1 for the first row of data. */
  readonly row?: number
  /** Of a text, 1 for the first. */
  readonly line?: number
  readonly column?: string
}

function textOf({ path, row, line, column }: Place): string {
  const where = row === undefined ? path : `${path} row ${row}`
  const inText = line === undefined || line === row ? where : `${where} (line ${line})`
  return column === undefined ? inText : `${inText}, column ${column}`
}

/** @param problem what it must be, or what is wrong with it */
export function datasetError(place: Place, problem: string, cause?: unknown): PeerbanditError {
  return new PeerbanditError('ERR_DATASET', `${textOf(place)}: ${problem}`, cause === undefined ? undefined : { cause })
}

/** For a value that cannot be. */
export function badValue(place: Place, wanted: string, value: unknown): PeerbanditError {
  return datasetError(place, `must be ${wanted}, got ${show(value)}`)
}

/** What a file system, the network or a library throws, with the file's name. One of ours stays as it is. */
export function unreadable(path: string, error: unknown): PeerbanditError {
  if (error instanceof PeerbanditError) return error
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  return datasetError({ path }, missing ? 'does not exist' : `cannot be read: ${messageOf(error)}`, error)
}
