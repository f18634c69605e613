import type { PeerId } from '../job/decision.ts'
import type { Spread } from './peer-averages.ts'

/** A share of failures, and how many outcomes it is worth. */
export interface FailureShare {
  /** 0–1 */
  readonly share: number
  /** > 0 */
  readonly outcomes: number
}

/**
 * What others tell of peers. It moves where a peer that this router never used starts from, and nothing else: it is no outcome, teaches the
 * bandit nothing, and fades with what this router sees for itself.
 */
export interface Hearsay {
  /** Changes with what is heard. */
  readonly revision: number
  /** The logarithm of a peer's ms a work token, alone. @param expected without hearsay; what comes back where nothing is heard */
  pace(peer: PeerId, expected: Spread, atMs: number): Spread
  /** The share of its jobs that fails. @param expected without hearsay; what comes back where nothing is heard */
  failures(peer: PeerId, expected: FailureShare, atMs: number): FailureShare
}
