import { workTokens } from '../job/job.ts'
import { decodeTokensPerSecond, type Success } from '../job/outcome.ts'
import type { OutcomeObservation } from '../peer/observation.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { Reputation } from './reputation.ts'
import { tallyLogPace } from './tally.ts'

/** By how much one more job at a peer slows the others, as measured for batched decoding. */
const SLOWDOWN = 0.15

/** Pace of a job as if it had the peer to itself, as far as this router knows; without the round trip where tokens were seen to come. */
function msPerToken({ promptTokens, inFlightAtDispatch }: OutcomeObservation, outcome: Success): number {
  const speed = decodeTokensPerSecond(outcome)
  const ms = speed === undefined ? outcome.durationMs / workTokens(promptTokens, outcome.outputTokens) : 1000 / speed
  return ms / (1 + SLOWDOWN * inFlightAtDispatch)
}

/** Tells a router's own outcomes to its reputation as they come to its peer table; the returned function ends it. */
export function followTable(table: Pick<PeerTable, 'subscribe'>, reputation: Pick<Reputation, 'observe'>): () => void {
  return table.subscribe((peer, observation, atMs) => {
    if (observation.kind !== 'outcome') return
    const { outcome } = observation
    if (outcome.ok) reputation.observe(peer, { ok: true, logPace: tallyLogPace(msPerToken(observation, outcome)) }, atMs)
    // Who is full says so, and does nothing wrong.
    else if (outcome.reason !== 'overloaded') reputation.observe(peer, { ok: false }, atMs)
  })
}
