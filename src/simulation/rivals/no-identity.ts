import type { Job } from '../../job/job.ts'
import type { CandidateView } from '../../peer/ranker.ts'
import { jobNotes } from './job-notes.ts'
import { LinearModel } from './linear-model.ts'
import { eachCandidate, followingRival, pickOne, randomIndex, rouletteScore } from './rule.ts'

/** Share of jobs that explore (llm-d: epsilonExploreNeg). */
const EXPLORED = 0.01
/** Nothing is expected of any feature; an observation counts half after 700 later ones. */
const PRIOR = { weights: [0, 0, 0, 0, 0, 0], variances: [10, 10, 10, 10, 10, 10], noise: 3, noiseWeight: 2, keep: 0.999 }

/** Load and size, and nothing that tells one peer from another. */
function featuresOf({ table, atMs }: CandidateView, row: number, { promptTokens, expectedOutputTokens }: Job): number[] {
  const { load, inFlight } = table.evidence(row, atMs)
  const slots = Math.max(1, load?.slots ?? 1)
  const busyRatio = Math.min(1, (load?.running ?? 0) / slots)
  return [1, busyRatio, (load?.queued ?? 0) / slots, inFlight / slots, promptTokens / 1000, expectedOutputTokens / 1000]
}

/**
 * Latency predicted from load and size by one regression for all peers; a roulette on how far a peer's prediction is below the
 * longest, and 1 % at random. What is lost against rules that know peers is what their identity is worth.
 *
 * Departures: a linear regression, learned job by job, of the whole latency in place of boosted trees for the 90th percentiles of
 * first token and time per token, retrained every half hour; failures are not learned from in either. Busy slots stand for the use of
 * the KV cache. Its count of prompt tokens in flight is left out: the regression was measured to do worse with it. No objectives for
 * latency are set, and no prefixes are cached, so that neither headroom nor affinity counts.
 */
export const noIdentity = followingRival(
  {
    id: 'no-identity',
    title: 'Predicted latency without peer identity (llm-d)',
    source:
      'llm-d/llm-d-router, latency-scorer, slo-headroom-tier-filter and weighted-random-picker; llm-d.ai/docs/guides/predicted-latency'
  },
  ({ table, rng }) => {
    const model = new LinearModel(PRIOR)
    const { note, jobs } = jobNotes<readonly number[]>({
      learn: (features, _decision, { outcome }) => {
        if (outcome.ok) model.observe(features, outcome.durationMs / 1000)
      }
    })
    const draw = (view: CandidateView, predictions: readonly number[]): number => {
      const longest = Math.max(...predictions)
      const isFlat = longest - Math.min(...predictions) < 1e-9
      if (isFlat || rng.next() < EXPLORED) return randomIndex(rng, view.count)
      const scores = predictions.map((seconds) => rouletteScore(rng, longest - seconds))
      return scores.indexOf(Math.max(...scores))
    }
    const rank = pickOne((view, job) => {
      const features = eachCandidate(view, (row) => featuresOf(view, row, job))
      const chosen = draw(
        view,
        features.map((each) => model.mean(each))
      )
      note(table.peerAt(view.rows[chosen]), features[chosen])
      return chosen
    })
    return { rank, jobs }
  }
)
