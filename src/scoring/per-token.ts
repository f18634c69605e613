import type { Ranker } from '../peer/ranker.ts'

/** Name of the arm. */
export const PER_TOKEN = 'per-token'

/**
 * The rule to beat: the peer with the lowest expected completion time per token, x·(n + 1), where x is the observed average
 * of completion time over job size and n the own jobs that the peer has now. A peer without a success has x = 0, so it is
 * tried first. One arm, `per-token`; also what the selector falls back to.
 */
export function perTokenRanker(): Ranker {
  return {
    arms: [PER_TOKEN],
    rank({ table, rows, count }, _job, into) {
      for (let i = 0; i < count; i += 1) {
        const row = rows[i]
        const msPerToken = table.msPerWorkToken(row)
        into[i] = msPerToken > 0 ? -msPerToken * (table.inFlight(row) + 1) : 0
      }
    }
  }
}
