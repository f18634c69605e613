import { checkInteger, checkPositive, checkText } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { clearRow, createColumns, growColumns } from './columns.ts'
import type { Evidence } from './evidence.ts'
import {
  FOLD_DEFAULTS,
  foldGossip,
  foldLoad,
  foldOutcome,
  foldPing,
  foldPingFailed,
  type FoldOptions,
  foldSession,
  type FoldTarget,
  SESSION
} from './fold.ts'
import { checkObservation, type Claims, type Observation } from './observation.ts'
import { type ClaimIdentity, type PeerTableSnapshot, readRow, restoreRows, snapshotRows, type TableState } from './rows.ts'

export interface PeerTableOptions extends Partial<FoldOptions> {
  /** Rows to make room for at the start; the table grows by a quarter when they are used up. @default 64 */
  readonly capacity?: number
}

type Listener = (peer: PeerId, observation: Observation, atMs: number) => void

/**
 * Everything known of every peer, as columns of typed arrays with one row a peer (about 160 bytes and the peer's id).
 * Row numbers are stable while a peer stays and are used again after it was removed.
 */
export interface PeerTable {
  readonly size: number
  /** One more than the highest row ever used. */
  readonly rowCount: number
  peers(): IterableIterator<PeerId>
  has(peer: PeerId): boolean
  /**
   * The peer's row, or −1.
   * @param hint a row where it probably is, because it was there before: found there, nothing is looked up
   */
  rowOf(peer: PeerId, hint?: number): number
  /** @throws ERR_UNKNOWN_PEER for a row that no peer has */
  peerAt(row: number): PeerId
  /** The peer's row, made if it has none. */
  add(peer: PeerId, atMs: number): number
  /** Forgets a peer. False if it was not there. */
  remove(peer: PeerId): boolean
  /** Folds one observation in; adds the peer if it is new. @throws ERR_INVALID_OPTION for a NaN or negative figure */
  observe(peer: PeerId, observation: Observation, atMs: number): void
  /** Counts a job of this router in or out. */
  addInFlight(row: number, change: 1 | -1): void
  inFlight(row: number): number
  /** Jobs that it says it runs side by side; 0 before its first report. */
  slots(row: number): number
  /** Outcomes ever seen of this peer. */
  outcomeCount(row: number): number
  /** The per-token average, ms; NaN before the first success. */
  msPerWorkToken(row: number): number
  /** Grows with every change of the row's evidence. */
  version(row: number): number
  evidence(row: number, atMs: number): Evidence
  /** Calls back after each observation; the returned function ends it. */
  subscribe(listener: Listener): () => void
  snapshot(atMs: number): PeerTableSnapshot
  /** Takes over a snapshot. Rows that exist already are left alone: what is observed now is fresher. @throws ERR_SNAPSHOT */
  restore(snapshot: unknown): void
}

export function peerTable(options: PeerTableOptions = {}): PeerTable {
  const { capacity = 64, ...fold } = options
  checkInteger('capacity', capacity, { min: 1 })
  for (const [name, value] of Object.entries(fold)) checkPositive(name, value)
  return new ColumnTable(capacity, { ...FOLD_DEFAULTS, ...fold })
}

class ColumnTable implements PeerTable {
  readonly #state: TableState
  readonly #rows = new Map<PeerId, number>()
  readonly #freeRows: number[] = []
  readonly #identityIndex = new Map<string, number>()
  readonly #listeners = new Set<Listener>()

  constructor(capacity: number, fold: FoldOptions) {
    this.#state = { columns: createColumns(capacity), ids: [], identities: [], fold }
  }

  get size(): number {
    return this.#rows.size
  }

  get rowCount(): number {
    return this.#state.ids.length
  }

  peers(): IterableIterator<PeerId> {
    return this.#rows.keys()
  }

  has(peer: PeerId): boolean {
    return this.#rows.has(peer)
  }

  rowOf(peer: PeerId, hint = -1): number {
    if (this.#state.ids[hint] === peer) return hint
    return this.#rows.get(peer) ?? -1
  }

  peerAt(row: number): PeerId {
    const peer = this.#state.ids[row]
    if (peer === undefined) throw new PeerbanditError('ERR_UNKNOWN_PEER', `row ${row} of the peer table belongs to no peer`)
    return peer
  }

  add(peer: PeerId, atMs: number): number {
    const known = this.#rows.get(peer)
    if (known !== undefined) return known
    checkText('peer id', peer)
    const row = this.#freeRows.pop() ?? this.#state.ids.length
    const { columns } = this.#state
    if (row >= columns.version.length) this.#state.columns = growColumns(columns, Math.ceil(row * 1.25) + 1)
    clearRow(this.#state.columns, row, atMs)
    this.#state.ids[row] = peer
    this.#rows.set(peer, row)
    return row
  }

  remove(peer: PeerId): boolean {
    const row = this.#rows.get(peer)
    if (row === undefined) return false
    this.#rows.delete(peer)
    this.#state.ids[row] = undefined
    this.#state.columns.version[row] += 1
    this.#freeRows.push(row)
    return true
  }

  observe(peer: PeerId, observation: Observation, atMs: number): void {
    checkObservation(observation)
    const row = this.add(peer, atMs)
    this.#fold({ columns: this.#state.columns, row, atMs, options: this.#state.fold }, observation)
    this.#state.columns.version[row] += 1
    for (const listener of this.#listeners) listener(peer, observation, atMs)
  }

  #fold(target: FoldTarget, observation: Observation): void {
    switch (observation.kind) {
      case 'ping':
        foldPing(target, observation.rttMs)
        break
      case 'ping-failed':
        foldPingFailed(target)
        break
      case 'connected':
        foldSession(target, SESSION.connected)
        break
      case 'disconnected':
        foldSession(target, SESSION.away)
        break
      case 'load':
        foldLoad(target, observation.load)
        break
      case 'claims':
        this.#foldClaims(target.row, observation.claims)
        break
      case 'outcome':
        foldOutcome(target, observation)
        break
      case 'gossip':
        foldGossip(target, observation.standing)
        break
    }
  }

  #foldClaims(row: number, claims: Claims): void {
    const { columns } = this.#state
    columns.claimedTokensPerSecond[row] = claims.tokensPerSecond
    columns.claimedVramGb[row] = claims.vramGb
    columns.claimedLoadRatio[row] = claims.loadRatio
    // Most claims repeat what the peer claimed before, and each key is a text to be made.
    const before = this.#state.identities[columns.identity[row]] as ClaimIdentity | undefined
    if (before === undefined || !isSameIdentity(before, claims)) columns.identity[row] = this.#intern(claims)
  }

  #intern({ models, gpuModel }: ClaimIdentity): number {
    const key = JSON.stringify([models, gpuModel])
    const known = this.#identityIndex.get(key)
    if (known !== undefined) return known
    const index = this.#state.identities.push({ models: [...models], gpuModel }) - 1
    this.#identityIndex.set(key, index)
    return index
  }

  addInFlight(row: number, change: 1 | -1): void {
    const { inFlight } = this.#state.columns
    // A lease may outlive its peer's row: what was removed and added again has no jobs to give back.
    inFlight[row] = Math.max(0, inFlight[row] + change)
    this.#state.columns.version[row] += 1
  }

  inFlight(row: number): number {
    return this.#state.columns.inFlight[row]
  }

  slots(row: number): number {
    return this.#state.columns.slots[row]
  }

  outcomeCount(row: number): number {
    return this.#state.columns.outcomeCount[row]
  }

  msPerWorkToken(row: number): number {
    return this.#state.columns.msPerWorkToken[row]
  }

  version(row: number): number {
    return this.#state.columns.version[row]
  }

  evidence(row: number, atMs: number): Evidence {
    return readRow(this.#state, row, atMs)
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  snapshot(atMs: number): PeerTableSnapshot {
    return snapshotRows(this.#state, atMs)
  }

  restore(snapshot: unknown): void {
    restoreRows(snapshot, this.#state, {
      add: (peer, atMs) => this.add(peer, atMs),
      has: (peer) => this.has(peer),
      intern: (identity) => this.#intern(identity)
    })
  }
}

function isSameIdentity(a: ClaimIdentity, b: ClaimIdentity): boolean {
  return a.gpuModel === b.gpuModel && a.models.length === b.models.length && a.models.every((model, i) => model === b.models[i])
}
