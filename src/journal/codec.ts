import { createHash } from 'node:crypto'
import { checkFinite, checkInteger } from '../core/check.ts'
import { PeerbanditError, messageOf } from '../core/errors.ts'
import type { Decision, OutcomeRecord } from '../job/decision.ts'
import { checkDecision, checkKeyText, checkOutcomeRecord, fieldsOf } from './check-record.ts'
import type { SnapshotRecord } from './journal.ts'
import { decisionKey, snapshotKey } from './keys.ts'

/**
 * Records as JSON text. Every record is checked before it is written and after it is read. A finite number comes back as the
 * same double (−0 comes back as 0); NaN and infinities are refused, because JSON would silently turn them into null.
 */

/** What is in the store and what was ever in it; kept beside the records, in the same batches. */
export interface Totals {
  readonly decisions: number
  readonly outcomes: number
  /** The last sequence number given, also when its outcome has been pruned since. */
  readonly lastSequence: number
  /** Keys and values of decisions, outcomes and their index, bytes, before the store's own compression. */
  readonly recordBytes: number
}

export const NO_TOTALS: Totals = { decisions: 0, outcomes: 0, lastSequence: 0, recordBytes: 0 }

/** The size of a record as {@link Totals} counts it. */
export function bytesOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value)
}

export function corrupt(key: string, reason: string, cause?: unknown): PeerbanditError {
  return new PeerbanditError(
    'ERR_JOURNAL_CORRUPT',
    `journal record ${key} cannot be read: ${reason}; restore the journal from a copy, or start a new one`,
    { cause }
  )
}

function decode<T>(key: string, text: string, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(text))
  } catch (error) {
    throw corrupt(key, messageOf(error), error)
  }
}

/** @throws ERR_INVALID_OPTION naming the field that cannot be written */
export function encodeDecision(decision: Decision): string {
  return JSON.stringify(checkDecision(decision))
}

/** @throws ERR_JOURNAL_CORRUPT naming the key */
export function decodeDecision(key: string, text: string): Decision {
  const decision = decode(key, text, checkDecision)
  if (decisionKey(decision.id) !== key) throw corrupt(key, `it holds decision ${decision.id}`)
  return decision
}

/** @throws ERR_INVALID_OPTION naming the field that cannot be written */
export function encodeOutcome(outcome: OutcomeRecord): string {
  return JSON.stringify(checkOutcomeRecord(outcome))
}

/** @throws ERR_JOURNAL_CORRUPT naming the key */
export function decodeOutcome(key: string, text: string): OutcomeRecord {
  return decode(key, text, checkOutcomeRecord)
}

/** @throws ERR_JOURNAL_CORRUPT naming the key */
export function decodeSequence(key: string, text: string): number {
  return decode(key, text, (value) => checkInteger('the sequence number', value as number, { min: 1 }))
}

function checkTotals(value: unknown): Totals {
  const totals = fieldsOf('totals', value)
  for (const name of Object.keys(NO_TOTALS)) checkInteger(`totals.${name}`, totals[name] as number)
  return value as Totals
}

export function encodeTotals(totals: Totals): string {
  return JSON.stringify(totals)
}

/** @throws ERR_JOURNAL_CORRUPT naming the key */
export function decodeTotals(key: string, text: string): Totals {
  return decode(key, text, checkTotals)
}

function checkSnapshot(value: unknown): SnapshotRecord {
  const snapshot = fieldsOf('snapshot', value)
  checkKeyText('snapshot.kind', snapshot.kind)
  checkFinite('snapshot.atMs', snapshot.atMs as number)
  checkInteger('snapshot.throughSequence', snapshot.throughSequence as number)
  return value as SnapshotRecord
}

function firstUnstorable(entries: Iterable<readonly [string | number, unknown]>): string | undefined {
  for (const [name, entry] of entries) {
    const found = unstorable(entry)
    if (found !== undefined) return `.${name}${found}`
  }
  return undefined
}

/** Where and why a value would not survive JSON, or undefined. A property that is undefined may go: it reads the same. */
function unstorable(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : ` is ${value}`
  if (Array.isArray(value)) return firstUnstorable(value.entries())
  if (typeof value !== 'object') return ` is of type ${typeof value}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return ` is of type ${Object.prototype.toString.call(value).slice('[object '.length, -1)}`
  return firstUnstorable(Object.entries(value).filter(([, entry]) => entry !== undefined))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * With a checksum, because learned state that is only slightly wrong would go unnoticed.
 * @throws ERR_SNAPSHOT naming what in the state is not plain JSON, ERR_INVALID_OPTION for the other fields
 */
export function encodeSnapshot(snapshot: SnapshotRecord): string {
  checkSnapshot(snapshot)
  const found = unstorable(snapshot.state)
  if (found !== undefined) {
    throw new PeerbanditError('ERR_SNAPSHOT', `the state of snapshot "${snapshot.kind}" must be plain JSON, got state${found}`)
  }
  return JSON.stringify({ sha256: sha256(JSON.stringify(snapshot)), snapshot })
}

/** @throws ERR_JOURNAL_CORRUPT naming the key */
export function decodeSnapshot(key: string, text: string): SnapshotRecord {
  const { sha256: expected, snapshot } = decode(key, text, (value) => fieldsOf('the record', value))
  // Parsing and writing again gives the text that was hashed: JSON.stringify of parsed JSON is stable.
  const found = sha256(JSON.stringify(snapshot ?? null))
  if (found !== expected) {
    throw corrupt(key, `its checksum must be ${String(expected)}, got ${found}; it was torn or edited`)
  }
  const record = decode(key, JSON.stringify(snapshot), checkSnapshot)
  if (snapshotKey(record.kind) !== key) throw corrupt(key, `it holds snapshot "${record.kind}"`)
  return record
}
