import type { Rng } from '../../core/rng.ts'
import { DEFAULT_OBJECTIVE, reward } from '../../job/objective.ts'
import { gamma } from '../../math/draw.ts'
import { ALGORITHMS } from '../../scoring/algorithms.ts'
import { scoreboard } from '../../scoring/scoreboard.ts'
import { dispatches } from './dispatches.ts'
import { cheapest, pickOne, rival } from './rule.ts'
import { onOutcome } from './seen.ts'

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
export const plainThompson = rival(
  {
    id: 'plain-thompson',
    title: 'Thompson sampling over the eight weightings, own credit',
    source: 'Thompson 1933; Russo et al. 2018, "A Tutorial on Thompson Sampling", section 3, for rewards in [0, 1]'
  },
  ({ table, rng }) => {
    const board = scoreboard(table)
    const arms = ALGORITHMS.map((): Beta => ({ successes: 1, failures: 1 }))
    const sent = dispatches<Beta>(table)
    let scores = new Float64Array(0)
    onOutcome(table, (peer, seen) => {
      const arm = sent.end(peer, seen)
      if (arm === undefined) return
      const earned = reward(DEFAULT_OBJECTIVE, seen, seen.outcome)
      arm.successes += earned
      arm.failures += 1 - earned
    })
    return pickOne((view, job) => {
      if (scores.length < arms.length * view.count) scores = new Float64Array(2 * arms.length * view.count)
      board.rank(view, job, scores)
      const followed = cheapest(rng, arms.length, (arm) => -drawBeta(rng, arms[arm]))
      const chosen = cheapest(rng, view.count, (i) => -scores[followed * view.count + i])
      sent.send(chosen, view, job, arms[followed])
      return chosen
    })
  }
)
