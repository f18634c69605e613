import { jobNotes } from './job-notes.ts'
import { cheapest, followingRival, pickOne } from './rule.ts'

/** Tokens of a block of the KV cache. */
const BLOCK_TOKENS = 16

/** A job under way. */
interface Sequence {
  readonly promptTokens: number
  produced: number
}

/**
 * The lowest prompt blocks still to be read + blocks held by jobs in flight, at temperature 0; of equals any. A prompt is read when
 * the first token comes; a job holds the blocks of its prompt and of what it produced so far, until it ends.
 *
 * Departures: each router counts its own jobs, as one router has all there. Nothing is cached, so overlaps are 0. What jobs produce is
 * followed, which has to be switched on there (router_track_output_blocks); nobody says when it is expected to end.
 */
export const dynamo = followingRival(
  {
    id: 'dynamo',
    title: 'Dynamo KV router',
    source:
      'ai-dynamo/dynamo, lib/kv-router/src/scheduling/selector/default.rs at 07a6c9c and lib/kv-router/src/sequences/single.rs at 04df1c4'
  },
  ({ table, rng }) => {
    const { at, jobs } = jobNotes<Sequence>({
      dispatched: ({ promptTokens }) => ({ promptTokens, produced: 0 }),
      progressed: (sequence, _decision, tokens) => {
        sequence.produced += tokens
      }
    })
    const rank = pickOne(({ rows, count }, { promptTokens }) =>
      cheapest(rng, count, (i) => {
        const sequences = at(table.peerAt(rows[i]))
        const unread = sequences.filter(({ produced }) => produced === 0)
        const prefill = unread.reduce((tokens, sequence) => tokens + sequence.promptTokens, promptTokens)
        const held = sequences.reduce(
          (blocks, sequence) => blocks + Math.ceil((sequence.promptTokens + sequence.produced) / BLOCK_TOKENS),
          0
        )
        return prefill / BLOCK_TOKENS + held
      })
    )
    return { rank, jobs }
  }
)
