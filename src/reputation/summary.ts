import { PeerbanditError } from '../core/errors.ts'
import { show } from '../core/check.ts'
import type { PeerId } from '../job/decision.ts'
import { checkTally, type Tally } from './tally.ts'

/** Peers in one summary: those that its router knows best. */
export const MAX_SUMMARY_PEERS = 256
const MAX_ID_LENGTH = 128

export interface PeerTally extends Tally {
  readonly peer: PeerId
}

/** What one router saw of peers: its whole slot, in place of the one before. */
export interface Summary {
  readonly router: PeerId
  /** Grows with every summary of this router. Integer ≥ 1 */
  readonly sequence: number
  /** When it was made, and the landmark of its tallies; ms since the epoch, integer ≥ 0. */
  readonly atMs: number
  /** In ascending order of their ids, none twice. */
  readonly peers: readonly PeerTally[]
}

function refuse(field: string, wanted: string, value: unknown): never {
  throw new PeerbanditError('ERR_PROTOCOL', `summary.${field} must be ${wanted}, got ${show(value)}`)
}

function checkId(field: string, id: string): void {
  if (!(typeof id === 'string' && id.length > 0 && id.length <= MAX_ID_LENGTH)) {
    refuse(field, `a string of 1 to ${MAX_ID_LENGTH} characters`, id)
  }
}

/** @throws ERR_PROTOCOL for whatever a summary may not hold */
export function checkSummary(summary: Summary): Summary {
  const { router, sequence, atMs, peers } = summary
  checkId('router', router)
  if (!(Number.isSafeInteger(sequence) && sequence >= 1)) refuse('sequence', 'an integer of at least 1', sequence)
  if (!(Number.isSafeInteger(atMs) && atMs >= 0)) refuse('atMs', 'an integer of at least 0', atMs)
  if (!(peers.length <= MAX_SUMMARY_PEERS)) refuse('peers', `at most ${MAX_SUMMARY_PEERS}`, peers.length)
  let before = ''
  for (const tally of peers) {
    checkId('peers.peer', tally.peer)
    if (!(tally.peer > before)) refuse('peers', `in ascending order, each once, after ${show(before)}`, tally.peer)
    // Who judges its own work is no witness.
    if (tally.peer === router) refuse('peers.peer', 'another peer than the router itself', router)
    checkTally(tally)
    before = tally.peer
  }
  return summary
}

/**
 * Which of two summaries of a router stands: > 0 for the first. The greater sequence; of equal ones, which only a faulty or a lying router
 * signs, the greater in every byte, so that all who have seen both agree.
 */
export function compareSummaries(a: Summary, b: Summary): number {
  if (a.sequence !== b.sequence) return a.sequence - b.sequence
  const [textA, textB] = [canonicalText(a), canonicalText(b)]
  if (textA === textB) return 0
  return textA > textB ? 1 : -1
}

function canonicalText({ router, atMs, peers }: Summary): string {
  const tallies = peers.map(({ peer, successes, failures, paceWeight, paceSum }) => [
    peer,
    // −0 is 0 in text too.
    successes + 0,
    failures + 0,
    paceWeight + 0,
    paceSum + 0
  ])
  return JSON.stringify([router, atMs, tallies])
}
