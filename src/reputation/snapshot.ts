import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { Entry } from './ledger.ts'
import { checkSummary, type Summary } from './summary.ts'
import { checkTally } from './tally.ts'

type TrustState = readonly [verified: number, verifiedMs: number, worst: number, worstMs: number]

/** What a restart keeps: plain JSON. */
export interface ReputationSnapshot {
  readonly version: 1
  /** Of the last own summary. */
  readonly sequence: number
  readonly own: readonly (readonly [PeerId, Entry])[]
  readonly slots: readonly { readonly group: string; readonly summary: Summary }[]
  readonly trust: readonly (readonly [PeerId, TrustState])[]
}

function refuse(problem: string, cause?: unknown): never {
  throw new PeerbanditError('ERR_SNAPSHOT', `reputation snapshot: ${problem}`, { cause })
}

function isNamed(entry: unknown): entry is readonly [string, unknown] {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string'
}

function isEntry(value: unknown): boolean {
  const { tally, landmarkMs, count } = (value ?? {}) as Partial<Entry>
  if (tally === undefined || !Number.isFinite(landmarkMs) || !Number.isSafeInteger(count)) return false
  checkTally(tally)
  return true
}

function isSlot(value: unknown): boolean {
  const { group, summary } = (value ?? {}) as Partial<ReputationSnapshot['slots'][number]>
  if (typeof group !== 'string' || !Array.isArray(summary?.peers)) return false
  checkSummary(summary)
  return true
}

function isTrust(value: unknown): boolean {
  return Array.isArray(value) && value.length === 4 && value.every(Number.isFinite)
}

function isListOf(list: unknown, isOne: (entry: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isOne)
}

/** @throws ERR_SNAPSHOT */
export function checkReputationSnapshot(snapshot: unknown): ReputationSnapshot {
  const found = (snapshot ?? {}) as Partial<ReputationSnapshot>
  if (found.version !== 1) refuse(`got v${String(found.version)}, expected v1`)
  let sound: boolean
  try {
    sound =
      Number.isSafeInteger(found.sequence) &&
      isListOf(found.own, (entry) => isNamed(entry) && isEntry(entry[1])) &&
      isListOf(found.slots, isSlot) &&
      isListOf(found.trust, (entry) => isNamed(entry) && isTrust(entry[1]))
  } catch (cause) {
    refuse('it holds figures that no router can have', cause)
  }
  if (!sound) refuse('sequence, own outcomes, slots or trust are missing or of another kind')
  return found as ReputationSnapshot
}
