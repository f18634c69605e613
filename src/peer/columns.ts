/**
 * What is kept of one peer: a cell in each of these columns. Times need the range of a double; everything else is a mean, a
 * weight or a count, for which seven digits are plenty and half the memory.
 */
const TIME_COLUMNS = ['firstSeenMs', 'pingAtMs', 'sessionAtMs', 'outcomeAtMs', 'loadAtMs', 'gossipAtMs'] as const

const VALUE_COLUMNS = [
  // round trips: two forgetting means, and the share of pings that were answered
  'rttRecentMs',
  'rttRecentWeight',
  'rttMeanMs',
  'rttSquares',
  'rttWeight',
  'pingFailedWeight',
  // sessions
  'sessionState',
  'upMs',
  'observedMs',
  'departures',
  'justArrived',
  // outcomes of this router's jobs
  'successWeight',
  'failureWeight',
  'outcomeCount',
  'tokensPerSecond',
  'msPerWorkToken',
  // the last load report
  'slots',
  'running',
  'queued',
  'reportedTokensPerSecond',
  'cpuRatio',
  // what gossip says of it
  'gossipStanding',
  // claims; the texts are interned, see `identity`
  'claimedTokensPerSecond',
  'claimedVramGb',
  'claimedLoadRatio'
] as const

const INDEX_COLUMNS = ['identity', 'inFlight', 'version'] as const

type TimeColumn = (typeof TIME_COLUMNS)[number]
type ValueColumn = (typeof VALUE_COLUMNS)[number]
type IndexColumn = (typeof INDEX_COLUMNS)[number]

export type Columns = Record<TimeColumn, Float64Array> & Record<ValueColumn, Float32Array> & Record<IndexColumn, Int32Array>

/** The columns that survive a restart: all but what is only true while connected. */
export const KEPT_COLUMNS = [
  'firstSeenMs',
  'pingAtMs',
  'outcomeAtMs',
  'rttRecentMs',
  'rttRecentWeight',
  'rttMeanMs',
  'rttSquares',
  'rttWeight',
  'pingFailedWeight',
  'upMs',
  'observedMs',
  'departures',
  'successWeight',
  'failureWeight',
  'outcomeCount',
  'tokensPerSecond',
  'msPerWorkToken',
  'claimedTokensPerSecond',
  'claimedVramGb',
  'claimedLoadRatio'
] as const satisfies readonly (TimeColumn | ValueColumn)[]
export type KeptColumn = (typeof KEPT_COLUMNS)[number]

/** Cells that are "missing" until something is observed. */
const MISSING_AT_FIRST = [
  'rttRecentMs',
  'rttMeanMs',
  'tokensPerSecond',
  'msPerWorkToken',
  'loadAtMs',
  'cpuRatio',
  'gossipStanding'
] as const

export function createColumns(capacity: number): Columns {
  const entries = [
    ...TIME_COLUMNS.map((name) => [name, new Float64Array(capacity)] as const),
    ...VALUE_COLUMNS.map((name) => [name, new Float32Array(capacity)] as const),
    ...INDEX_COLUMNS.map((name) => [name, new Int32Array(capacity)] as const)
  ]
  return Object.fromEntries(entries) as Columns
}

/** New columns with the old rows and room for `capacity`. */
export function growColumns(columns: Columns, capacity: number): Columns {
  const grown = createColumns(capacity)
  for (const name of [...TIME_COLUMNS, ...VALUE_COLUMNS, ...INDEX_COLUMNS]) grown[name].set(columns[name])
  return grown
}

/** Makes a row that of a peer about which nothing is known. Its version goes on, so that caches notice. */
export function clearRow(columns: Columns, row: number, atMs: number): void {
  const version = columns.version[row]
  for (const name of [...TIME_COLUMNS, ...VALUE_COLUMNS, ...INDEX_COLUMNS]) columns[name][row] = 0
  for (const name of MISSING_AT_FIRST) columns[name][row] = NaN
  columns.firstSeenMs[row] = atMs
  columns.identity[row] = -1
  columns.version[row] = version + 1
}
