import { dispatches } from './dispatches.ts'
import { cheapest, pickOne, rival } from './rule.ts'
import { moved, onOutcome } from './seen.ts'

/** Tokens of a block of the KV cache. */
const BLOCK_TOKENS = 16
/** Share of the newest job in the mean time to the first token. */
const FIRST_TOKEN_SHARE = 0.1

/**
 * The lowest prompt blocks still to be read + blocks held by jobs in flight, both with this job's own, at temperature 0; of equals
 * any.
 *
 * Departures: each router counts its own jobs, as one router has all there. A table does not tell when a first token came, so a prompt
 * counts as being read for as long as first tokens take on average. Nothing is cached, so overlaps are 0; a job holds its prompt and
 * what it is expected to produce.
 */
export const dynamo = rival(
  {
    id: 'dynamo',
    title: 'Dynamo KV router',
    source: 'ai-dynamo/dynamo, lib/kv-router/src/scheduling/selector/default.rs at 07a6c9c'
  },
  ({ table, rng }) => {
    const sent = dispatches<undefined>(table)
    let firstTokenMs = 0
    onOutcome(table, (peer, seen) => {
      sent.end(peer, seen)
      if (seen.outcome.ok) firstTokenMs = moved(firstTokenMs, seen.outcome.firstTokenMs, FIRST_TOKEN_SHARE)
    })
    return pickOne((view, job) => {
      const chosen = cheapest(rng, view.count, (i) => {
        const jobs = sent.at(table.peerAt(view.rows[i]))
        const reading = jobs.filter(({ atMs }) => view.atMs - atMs < firstTokenMs)
        const prefill = reading.reduce((tokens, { promptTokens }) => tokens + promptTokens, job.promptTokens)
        const held = jobs.reduce(
          (blocks, { promptTokens, expectedOutputTokens }) =>
            blocks + Math.ceil((promptTokens + expectedOutputTokens) / BLOCK_TOKENS),
          0
        )
        return prefill / BLOCK_TOKENS + held
      })
      sent.send(chosen, view, job, undefined)
      return chosen
    })
  }
)
