import { type Algorithm, ALGORITHMS } from '../../scoring/algorithms.ts'
import { scoreboard } from '../../scoring/scoreboard.ts'
import type { Rival } from './rival.ts'
import { rival, rouletteScore } from './rule.ts'

/**
 * A weighting of CrowdLlama's scoring proof of concept with a roulette on its scores in place of the best of them, over the
 * corrected factors. The best of them is an arm of every selector already.
 */
function rouletteOn(algorithm: Algorithm): Rival {
  return rival(
    {
      id: `${algorithm.id}-roulette`,
      title: `${algorithm.title ?? algorithm.id}, roulette`,
      source: 'crowdllama/crowdllama, branch scoring-mechanism-poc, pkg/scoring/algorithms.go at 48eb475'
    },
    ({ table, rng }) => {
      const board = scoreboard(table, { algorithms: [algorithm] })
      return (view, job, into) => {
        board.rank(view, job, into)
        for (let i = 0; i < view.count; i += 1) into[i] = rouletteScore(rng, into[i])
      }
    }
  )
}

export const seedRoulettes: readonly Rival[] = ALGORITHMS.map(rouletteOn)
