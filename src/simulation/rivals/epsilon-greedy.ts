import { DEFAULT_OBJECTIVE, reward } from '../../job/objective.ts'
import type { Rival } from './rival.ts'
import { cheapest, pickOne, randomIndex, rival } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

/** With probability ε anybody, otherwise the best mean reward per work token; who had no job yet counts as perfect. */
function epsilonGreedyWith(percent: number): Rival {
  return rival(
    {
      id: `epsilon-greedy-${percent}`,
      title: `ε-greedy, ${percent} %`,
      source: 'Sutton and Barto 2018, "Reinforcement Learning", section 2.2, with optimistic first values (2.6)'
    },
    ({ table, rng }) => {
      const means = peerStates(table, () => ({ count: 0, mean: 0 }))
      onOutcome(table, (peer, { outcome, promptTokens, inFlightAtDispatch }) => {
        const state = means.of(peer)
        state.count += 1
        state.mean += (reward(DEFAULT_OBJECTIVE, { promptTokens, inFlightAtDispatch }, outcome) - state.mean) / state.count
      })
      return pickOne(({ rows, count }) => {
        if (rng.next() < percent / 100) return randomIndex(rng, count)
        return cheapest(rng, count, (i) => -(means.find(table.peerAt(rows[i]))?.mean ?? 1))
      })
    }
  )
}

export const epsilonGreedy1 = epsilonGreedyWith(1)
export const epsilonGreedy5 = epsilonGreedyWith(5)
