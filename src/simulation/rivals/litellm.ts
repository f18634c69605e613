import { meanOf } from '../../math/quantile.ts'
import type { OutcomeObservation } from '../../peer/observation.ts'
import { rival, scoreEach } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

const SAMPLES = 10
/** What a time-out counts as, seconds a token. */
const TIMEOUT_SECONDS = 1_000
/** Everything is forgotten after so long without a sample. */
const FORGET_AFTER_MS = 3_600_000

/** Seconds a token; undefined where LiteLLM writes nothing down. */
function sampleOf({ outcome }: OutcomeObservation): number | undefined {
  if (outcome.ok) return outcome.durationMs / 1000 / Math.max(1, outcome.outputTokens)
  return outcome.reason === 'timeout' ? TIMEOUT_SECONDS : undefined
}

/**
 * The lowest mean of the last ten times per output token; who has none counts as 0 and goes first.
 *
 * Departures: durations are of whole answers, as for requests that are not streamed. The window drops its oldest sample, as it
 * does since issue 25548; before, it dropped the newest.
 */
export const litellmLowestLatency = rival(
  {
    id: 'litellm-lowest-latency',
    title: 'LiteLLM latency-based routing',
    source: 'BerriAI/litellm, litellm/router_strategy/lowest_latency.py at 015b945'
  },
  ({ table }) => {
    let samples = peerStates<number[]>(table, () => [])
    let lastMs = -Infinity
    const kept = (atMs: number) => {
      // One entry holds all peers, and lives on with every write.
      if (atMs - lastMs > FORGET_AFTER_MS) samples = peerStates<number[]>(table, () => [])
      return samples
    }
    onOutcome(table, (peer, seen, atMs) => {
      const sample = sampleOf(seen)
      if (sample === undefined) return
      const own = kept(atMs).of(peer)
      if (own.push(sample) > SAMPLES) own.shift()
      lastMs = atMs
    })
    return scoreEach((row, { atMs }) => {
      const own = kept(atMs).find(table.peerAt(row))
      return own === undefined ? 0 : -meanOf(own)
    })
  }
)
