import { rival, scoreEach } from './rule.ts'
import { moved, msPerWorkToken, onOutcome, peerStates } from './seen.ts'

/** Share of the newest success in the average. */
const ALPHA = 0.3
/** How much one job in flight slows the others, as a ratio. */
const SLOWDOWN = 0.15

/**
 * The lowest x·(n + 1): x is the average of duration over work tokens, corrected by 1 + 0.15·n for the n jobs that the router had
 * there at dispatch. Who has had no success has x = 0 and goes first. Failures leave x as it is.
 *
 * Departure: its cool-down of 10 s after a failure gives way to the health gate that all share.
 */
export const ewmaPerToken = rival(
  {
    id: 'b8',
    title: 'EWMA per token, shortest expected delay',
    source: 'Folklore: least expected work with an exponential average; the arm per-token of scoring/per-token.ts'
  },
  ({ table }) => {
    const averages = peerStates<{ msPerToken?: number }>(table, () => ({}))
    onOutcome(table, (peer, seen) => {
      if (!seen.outcome.ok) return
      const alone = msPerWorkToken(seen) / (1 + SLOWDOWN * seen.inFlightAtDispatch)
      const average = averages.of(peer)
      average.msPerToken = moved(average.msPerToken, alone, ALPHA)
    })
    return scoreEach((row) => 0 - (averages.find(table.peerAt(row))?.msPerToken ?? 0) * (table.inFlight(row) + 1))
  }
)
