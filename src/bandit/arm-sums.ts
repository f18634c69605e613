import { PeerbanditError } from '../core/errors.ts'
import { ForwardDecay } from '../math/forward-decay.ts'
import type { ArmTally, IndexRule } from './index-policy.ts'

type ArmSums = readonly ForwardDecay[]

/** The part of a rule that keeps one decayed sum an arm. The total is the sum of the arms' counts. */
export function armSums(arms: number, halfLifeMs: number): Pick<IndexRule<ArmSums>, 'codec' | 'observe' | 'tally'> {
  const empty = () => Array.from({ length: arms }, () => new ForwardDecay(1, halfLifeMs))

  function tally(states: readonly ArmSums[]) {
    const sums = empty()
    for (const state of states) state.forEach((arm, i) => sums[i].merge(arm))
    // The age of the newest outcome does not count: what is known of the arms fades against each other, not altogether.
    const nowMs = Math.max(...sums.filter(({ count }) => count > 0).map(({ newestMs }) => newestMs))
    const tallies = sums.map((arm): ArmTally => {
      if (arm.count === 0) return { count: 0, mean: 0, variance: 0 }
      return { count: arm.read(nowMs).weight, mean: arm.mean(), variance: arm.variance() }
    })
    return { total: tallies.reduce((sum, { count }) => sum + count, 0), arms: tallies }
  }

  return {
    codec: {
      empty,
      encode: (state) => state.map((arm) => arm.state()),
      decode: (data) => {
        if (Array.isArray(data) && data.length === arms) return data.map((arm) => ForwardDecay.restore(arm, 1, halfLifeMs))
        throw new PeerbanditError('ERR_SNAPSHOT', `a slot must have sums for each of ${arms} arms`)
      }
    },
    observe: (state, observed, reward, atMs) => {
      for (const i of observed) state[i].add([reward], 1, atMs)
    },
    tally
  }
}
