import type { CandidateView } from '../../peer/ranker.ts'
import { gamma, normal } from '../../math/draw.ts'
import { jobNotes } from './job-notes.ts'
import { LinearModel } from './linear-model.ts'
import { cheapest, eachCandidate, followingRival, pickOne } from './rule.ts'
import { msPerWorkToken, peerStates } from './seen.ts'

/** Expected of a peer before its first job: 30 ms a token, and a tenth of that more for each job that it has. */
const PRIOR = { weights: [30, 3], variances: [1, 0.05], noise: 30, noiseWeight: 2, keep: 0.98 }
/** What a failure counts as, at least: as in linkerd. With a deadline's time one failure outweighs all that is known of a peer. */
const FAILURE_MS = 5_000

/** Jobs that a peer has: by its last report, or by the router's own count where that is more. */
function jobsAt({ table, atMs }: CandidateView, row: number): number {
  const { load, inFlight } = table.evidence(row, atMs)
  return Math.max(inFlight, load === undefined ? 0 : load.running + load.queued)
}

/**
 * Time per work token = a + b·q in a regression for each peer, q the jobs that it has; the lowest draw from what is believed of it.
 * An observation counts 2 % less with every later one of its peer.
 */
export const linearThompson = followingRival(
  {
    id: 'linear-thompson',
    title: 'Linear Thompson sampling per peer',
    source:
      'Agrawal and Goyal 2013, "Thompson Sampling for Contextual Bandits with Linear Payoffs"; Russac et al. 2019 for the discount'
  },
  ({ table, rng }) => {
    const models = peerStates(table, () => new LinearModel(PRIOR))
    const { note, jobs } = jobNotes<readonly number[]>({
      learn: (features, decision, { peer, outcome }) => {
        models.of(peer).observe(features, msPerWorkToken({ ...decision, outcome }, FAILURE_MS))
      }
    })
    const rank = pickOne((view) => {
      const features = eachCandidate(view, (row) => [1, jobsAt(view, row)])
      const chosen = cheapest(rng, view.count, (i) => {
        const model = models.of(table.peerAt(view.rows[i]))
        const variance = (model.noise.rate / gamma(rng, model.noise.shape)) * model.relativeVariance(features[i])
        return model.mean(features[i]) + normal(rng) * Math.sqrt(variance)
      })
      note(table.peerAt(view.rows[chosen]), features[chosen])
      return chosen
    })
    return { rank, jobs }
  }
)
