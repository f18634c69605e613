import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { type Columns, KEPT_COLUMNS, type KeptColumn } from './columns.ts'
import type { Evidence } from './evidence.ts'
import { decay, type FoldOptions, SESSION, sessionTotals } from './fold.ts'

/** Texts of claims, stored once for all peers that claim the same. */
export interface ClaimIdentity {
  readonly models: readonly string[]
  readonly gpuModel: string
}

export interface TableState {
  columns: Columns
  readonly ids: (PeerId | undefined)[]
  readonly identities: ClaimIdentity[]
  readonly fold: FoldOptions
}

const MS_PER_HOUR = 3_600_000

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? Math.min(1, part / whole) : undefined
}

/** The evidence in a row, projected to a moment. Reading only. */
export function readRow(state: TableState, row: number, atMs: number): Evidence {
  return {
    knownForMs: Math.max(0, atMs - state.columns.firstSeenMs[row]),
    roundTrip: readRoundTrip(state, row, atMs),
    sessions: readSessions(state, row, atMs),
    outcomes: readOutcomes(state, row, atMs),
    load: readLoad(state, row, atMs),
    inFlight: state.columns.inFlight[row],
    claims: readClaims(state, row),
    ...readGossip(state, row, atMs)
  }
}

function readRoundTrip({ columns: c, fold }: TableState, row: number, atMs: number): Evidence['roundTrip'] {
  const answered = c.rttWeight[row]
  const all = answered + c.pingFailedWeight[row]
  return {
    recentMs: known(c.rttRecentMs[row]),
    meanMs: known(c.rttMeanMs[row]),
    jitterMs: answered > 0 ? Math.sqrt(Math.max(0, c.rttSquares[row] / answered)) : undefined,
    answeredRatio: ratio(answered, all),
    weight: all * decay(atMs - c.pingAtMs[row], fold.rttHalfLifeMs)
  }
}

function readSessions({ columns, fold }: TableState, row: number, atMs: number): Evidence['sessions'] {
  const totals = sessionTotals(columns, row, atMs, fold)
  return {
    uptimeRatio: ratio(totals.upMs, totals.observedMs),
    observedMs: totals.observedMs,
    departuresPerHour: totals.observedMs > 0 ? (totals.departures * MS_PER_HOUR) / totals.observedMs : 0,
    connected: columns.sessionState[row] === SESSION.connected
  }
}

function readOutcomes({ columns: c, fold }: TableState, row: number, atMs: number): Evidence['outcomes'] {
  const all = c.successWeight[row] + c.failureWeight[row]
  return {
    successRatio: ratio(c.successWeight[row], all),
    weight: all * decay(atMs - c.outcomeAtMs[row], fold.outcomeHalfLifeMs),
    count: c.outcomeCount[row],
    tokensPerSecond: known(c.tokensPerSecond[row]),
    msPerWorkToken: known(c.msPerWorkToken[row])
  }
}

function readGossip({ columns: c, fold }: TableState, row: number, atMs: number): Pick<Evidence, 'gossipStanding'> {
  const standing = known(c.gossipStanding[row])
  if (standing === undefined) return {}
  return { gossipStanding: standing * decay(atMs - c.gossipAtMs[row], fold.outcomeHalfLifeMs) }
}

function readLoad({ columns: c }: TableState, row: number, atMs: number): Evidence['load'] {
  if (Number.isNaN(c.loadAtMs[row])) return undefined
  const cpuRatio = known(c.cpuRatio[row])
  return {
    slots: c.slots[row],
    running: c.running[row],
    queued: c.queued[row],
    tokensPerSecond: c.reportedTokensPerSecond[row],
    ...(cpuRatio === undefined ? {} : { cpuRatio }),
    ageMs: Math.max(0, atMs - c.loadAtMs[row])
  }
}

function readClaims({ columns: c, identities }: TableState, row: number): Evidence['claims'] {
  const identity: ClaimIdentity | undefined = identities[c.identity[row]]
  if (identity === undefined) return undefined
  return {
    models: identity.models,
    gpuModel: identity.gpuModel,
    tokensPerSecond: c.claimedTokensPerSecond[row],
    vramGb: c.claimedVramGb[row],
    loadRatio: c.claimedLoadRatio[row]
  }
}

/** What a restart keeps: plain JSON. A missing figure is null. */
export interface PeerTableSnapshot {
  readonly version: 1
  /** When it was taken, ms since the epoch. */
  readonly atMs: number
  readonly peers: readonly PeerId[]
  readonly identities: readonly (ClaimIdentity | null)[]
  readonly columns: Readonly<Record<KeptColumn, readonly (number | null)[]>>
}

export function snapshotRows(state: TableState, atMs: number): PeerTableSnapshot {
  const rows = [...state.ids.keys()].filter((row) => state.ids[row] !== undefined)
  const cell = (name: KeptColumn, row: number) => {
    if (name === 'upMs' || name === 'observedMs' || name === 'departures') {
      return sessionTotals(state.columns, row, atMs, state.fold)[name]
    }
    return known(state.columns[name][row]) ?? null
  }
  const columns = Object.fromEntries(KEPT_COLUMNS.map((name) => [name, rows.map((row) => cell(name, row))]))
  return {
    version: 1,
    atMs,
    peers: rows.map((row) => state.ids[row] ?? ''),
    identities: rows.map((row) => state.identities[state.columns.identity[row]] ?? null),
    columns: columns as unknown as PeerTableSnapshot['columns']
  }
}

interface RestoreTarget {
  add(peer: PeerId, atMs: number): number
  has(peer: PeerId): boolean
  intern(identity: ClaimIdentity): number
}

/**
 * Puts snapshot rows into the table. Sessions start as unknown, so that the time between is counted neither as up nor as down;
 * load reports and jobs in flight are gone.
 */
export function restoreRows(snapshot: unknown, state: TableState, target: RestoreTarget): void {
  const { atMs, peers, identities, columns } = checkSnapshot(snapshot)
  for (const [i, peer] of peers.entries()) {
    if (target.has(peer)) continue
    const row = target.add(peer, columns.firstSeenMs[i] ?? 0)
    for (const name of KEPT_COLUMNS) state.columns[name][row] = columns[name][i] ?? NaN
    state.columns.sessionAtMs[row] = atMs
    const identity = identities[i]
    if (identity !== null) state.columns.identity[row] = target.intern(identity)
    state.columns.version[row] += 1
  }
}

function checkSnapshot(snapshot: unknown): PeerTableSnapshot {
  const found = snapshot as PeerTableSnapshot | null | undefined
  if (found?.version !== 1) {
    throw new PeerbanditError('ERR_SNAPSHOT', `peer table snapshot: got v${String(found?.version)}, expected v1`)
  }
  const columns = found.columns as PeerTableSnapshot['columns'] | undefined
  const lists: unknown[] = [found.peers, found.identities, ...KEPT_COLUMNS.map((name) => columns?.[name])]
  if (!lists.every((list) => Array.isArray(list) && list.length === found.peers.length)) {
    throw new PeerbanditError('ERR_SNAPSHOT', 'peer table snapshot: columns are missing or of different lengths')
  }
  return found
}
