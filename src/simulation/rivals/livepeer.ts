import { cheapest, pickOne, rival } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

/** A known session is good enough at this latency score or below, s a token. */
const GOOD_ENOUGH = 1

/**
 * Of the sessions that are idle: the known one with the lowest latency score if that is good enough, otherwise an unknown one, and
 * the lowest known one when there is none. When every session is in use, one of those at random.
 *
 * Departures: unknown sessions are drawn evenly, which is what stake 0.7, price 0, random 0.3 comes to where nobody has stake; the
 * filter for performance scores is off by default. The rule is that of transcoding, which keeps the best session to itself; the
 * latency score is that of AI jobs, seconds over all tokens. A failure makes a session unknown again, and its suspension gives way
 * to the health gate that all share.
 */
export const livepeer = rival(
  {
    id: 'livepeer',
    title: 'Livepeer MinLSSelector',
    source: 'livepeer/go-livepeer, server/selection.go, server/selection_algorithm.go and server/ai_process.go at 176aa41'
  },
  ({ table, rng }) => {
    const sessions = peerStates<{ latencyScore?: number }>(table, () => ({}))
    onOutcome(table, (peer, { outcome, promptTokens }) => {
      if (!outcome.ok) sessions.forget(peer)
      else sessions.of(peer).latencyScore = outcome.durationMs / 1000 / Math.max(1, promptTokens + outcome.outputTokens)
    })
    return pickOne(({ rows, count }) =>
      cheapest(rng, count, (i) => {
        if (table.inFlight(rows[i]) > 0) return Infinity
        const score = sessions.find(table.peerAt(rows[i]))?.latencyScore
        if (score === undefined) return GOOD_ENOUGH + Number.EPSILON
        return score <= GOOD_ENOUGH ? score : score + 1
      })
    )
  }
)
