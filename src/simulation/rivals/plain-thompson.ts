import type { Rng } from '../../core/rng.ts'
import { gamma } from '../../math/draw.ts'
import { ALGORITHMS } from '../../scoring/algorithms.ts'
import { scoreboard } from '../../scoring/scoreboard.ts'
import { jobNotes } from './job-notes.ts'
import { cheapest, followingRival, pickOne } from './rule.ts'

/** Belief in an arm's share of success; uniform at first. */
interface Beta {
  successes: number
  failures: number
}

function drawBeta(rng: Rng, { successes, failures }: Beta): number {
  const success = gamma(rng, successes)
  return success / (success + gamma(rng, failures))
}

/**
 * The literal design of a bandit over weightings: a Beta belief in each of the eight, the highest draw is followed, its first choice
 * gets the job, and the reward counts for that weighting alone, as that share of a success. No classes of jobs, no forgetting, no
 * other arms.
 */
export const plainThompson = followingRival(
  {
    id: 'plain-thompson',
    title: 'Thompson sampling over the eight weightings, own credit',
    source: 'Thompson 1933; Russo et al. 2018, "A Tutorial on Thompson Sampling", section 3, for rewards in [0, 1]'
  },
  ({ table, rng }) => {
    const board = scoreboard(table)
    const arms = ALGORITHMS.map((): Beta => ({ successes: 1, failures: 1 }))
    const { note, jobs } = jobNotes<Beta>({
      learn: (followed, _decision, { reward }) => {
        followed.successes += reward
        followed.failures += 1 - reward
      }
    })
    let scores = new Float64Array(0)
    const rank = pickOne((view, job) => {
      if (scores.length < arms.length * view.count) scores = new Float64Array(2 * arms.length * view.count)
      board.rank(view, job, scores)
      const followed = cheapest(rng, arms.length, (arm) => -drawBeta(rng, arms[arm]))
      const chosen = cheapest(rng, view.count, (i) => -scores[followed * view.count + i])
      note(table.peerAt(view.rows[chosen]), arms[followed])
      return chosen
    })
    return { rank, jobs }
  }
)
