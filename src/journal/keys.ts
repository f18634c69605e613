/**
 * Where things lie in the store. Keys sort as bytes, so a range of keys is a range of time or of sequence numbers.
 *
 * - `m!format`, `m!totals`: what the store is, and what it holds
 * - `d!<decision id>`: a decision
 * - `o!<sequence>`: an outcome; the sequence number is padded so that text order is number order
 * - `i!<decision id>`: the sequence number of a decision's outcome
 * - `s!<kind>`: a snapshot
 */
export const FORMAT_KEY = 'm!format'
export const TOTALS_KEY = 'm!totals'

/** Digits of Number.MAX_SAFE_INTEGER. */
const SEQUENCE_DIGITS = 16

export function decisionKey(id: string): string {
  return `d!${id}`
}

export function outcomeKey(sequence: number): string {
  return `o!${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`
}

export function sequenceOf(outcomeKeyText: string): number {
  return Number(outcomeKeyText.slice(2))
}

export function indexKey(decisionId: string): string {
  return `i!${decisionId}`
}

export function snapshotKey(kind: string): string {
  return `s!${kind}`
}

// '"' is the character after '!'.
export const ALL_DECISIONS = { gt: 'd!', lt: 'd"' } as const
export const ALL_OUTCOMES = { gt: 'o!', lt: 'o"' } as const
export const ALL_SNAPSHOTS = { gt: 's!', lt: 's"' } as const
