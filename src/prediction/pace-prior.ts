import type { PeerId } from '../job/decision.ts'
import type { Claims } from '../peer/observation.ts'
import type { Spread } from './peer-averages.ts'

/** Knows something of a peer's pace before anything of it was seen, from what the peer says of its hardware. */
export interface PacePrior {
  /** Of the logarithm of its ms a work token, alone; undefined where the claims say nothing that it knows. */
  expected(peer: PeerId, claims: Claims, atMs: number): Spread | undefined
  /** What came of it: the peer's lasting log pace is known better. */
  learn(peer: PeerId, claims: Claims, logPace: number, atMs: number): void
}
