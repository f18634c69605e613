import { show } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import type { TimeSpan } from '../virtual/behaviours.ts'
import { decimalOf, type Fail, textLines } from '../workload/text-lines.ts'
import { csvFields } from '../workload/trace-layouts.ts'
import type { ResolvedScenario } from './scenario.ts'

/** Round trips in ms: a row an origin, a column a target. */
type RttMatrix = readonly (readonly number[])[]

/** When each peer of a list was there, ms of the list's time. */
type SessionList = readonly (readonly TimeSpan[])[]

/** What the files hold that a scenario names, by their paths. */
export interface ScenarioFiles {
  readonly matrices: ReadonlyMap<string, RttMatrix>
  readonly sessionLists: ReadonlyMap<string, SessionList>
}

export const NO_FILES: ScenarioFiles = { matrices: new Map(), sessionLists: new Map() }

function numberOf(what: string, field: string, fail: Fail): number {
  const value = decimalOf(field)
  if (!(value < Infinity)) fail(`${what} must be a number of at least 0, got ${show(field)}`)
  return value
}

/**
 * A matrix of round trips: a CSV file of numbers, ms, without a header.
 * @throws ERR_TRACE naming file, line and column
 */
async function readRttMatrix(path: string): Promise<RttMatrix> {
  const matrix: number[][] = []
  for await (const { text, fail } of textLines(path)) {
    const fields = csvFields(text, fail)
    const width = matrix[0]?.length ?? fields.length
    if (fields.length !== width) fail(`must have ${width} columns as the first row has, got ${fields.length}`)
    matrix.push(fields.map((field, column) => numberOf(`column ${column + 1}`, field, fail)))
  }
  if (matrix.length === 0) throw new PeerbanditError('ERR_TRACE', `${path} is empty`)
  return matrix
}

const SESSION_COLUMNS = ['peer', 'from_s', 'to_s']

/**
 * A list of sessions: a CSV file with the header `peer,from_s,to_s`, a row a time for which a peer was there, in any order.
 * @throws ERR_TRACE naming file, line and column
 */
async function readSessionList(path: string): Promise<SessionList> {
  const byPeer = new Map<string, TimeSpan[]>()
  let hasHeader = false
  for await (const { text, fail } of textLines(path)) {
    const fields = csvFields(text, fail)
    if (!hasHeader) {
      if (fields.join() !== SESSION_COLUMNS.join())
        fail(`must be the header ${SESSION_COLUMNS.join()}, got ${show(fields.join())}`)
      hasHeader = true
      continue
    }
    if (fields.length !== SESSION_COLUMNS.length) fail(`must have 3 fields, got ${fields.length}`)
    const [peer, from, to] = fields
    const span = { fromMs: 1000 * numberOf('from_s', from, fail), toMs: 1000 * numberOf('to_s', to, fail) }
    if (!(span.toMs > span.fromMs)) fail(`to_s must be above from_s (${from}), got ${to}`)
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), span])
  }
  if (byPeer.size === 0) throw new PeerbanditError('ERR_TRACE', `${path} has no sessions`)
  return [...byPeer.values()]
}

async function readAll<T>(paths: readonly string[], read: (path: string) => Promise<T>): Promise<Map<string, T>> {
  return new Map(await Promise.all([...new Set(paths)].map(async (path) => [path, await read(path)] as const)))
}

/** Reads every file that the peers of a scenario name. @throws ERR_TRACE */
export async function readScenarioFiles({ peers }: ResolvedScenario): Promise<ScenarioFiles> {
  const matrices = peers.flatMap(({ rttMs }) => ('matrix' in rttMs ? [rttMs.matrix] : []))
  const sessionLists = peers
    .flatMap(({ behaviours = [] }) => behaviours)
    .flatMap((spec) => (spec.kind === 'session-list' ? [spec.path] : []))
  return { matrices: await readAll(matrices, readRttMatrix), sessionLists: await readAll(sessionLists, readSessionList) }
}
