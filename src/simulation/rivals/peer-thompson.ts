import { type NormalInverseGamma, updateNormalInverseGamma } from '../../math/normal-inverse-gamma.ts'
import type { OutcomeObservation } from '../../peer/observation.ts'
import { gamma, normal } from '../../math/draw.ts'
import { rival, scoreEach } from './rule.ts'
import { msPerWorkToken, onOutcome, peerStates } from './seen.ts'

/** One job's worth of belief in 30 ms a token, the middle of the scale that rewards are on, give or take a factor of e. */
const PRIOR: NormalInverseGamma = { mu: Math.log(30), kappa: 1, a: 1, b: 1 }
/** What a failure counts as, at least. */
const FAILURE_MS = 30_000
/** Durations below a clock's grain would have no logarithm. */
const LEAST_MS_PER_TOKEN = 1e-3

function logMsPerToken(seen: OutcomeObservation): number {
  return Math.log(Math.max(LEAST_MS_PER_TOKEN, msPerWorkToken(seen, FAILURE_MS)))
}

/**
 * Draws the mean of the logarithm of each peer's time per work token from what is believed of it, and takes the lowest. Load is
 * not looked at and nothing is forgotten: the plain learner that others are measured against.
 */
export const peerThompson = rival(
  {
    id: 'peer-thompson',
    title: 'Thompson sampling per peer',
    source: 'Russo et al. 2018, "A Tutorial on Thompson Sampling", with normal-inverse-gamma beliefs (Murphy 2007, section 3)'
  },
  ({ table, rng }) => {
    const beliefs = peerStates(table, () => ({ belief: PRIOR }))
    onOutcome(table, (peer, seen) => {
      const state = beliefs.of(peer)
      state.belief = updateNormalInverseGamma(state.belief, { count: 1, mean: logMsPerToken(seen), variance: 0 })
    })
    return scoreEach((row) => {
      const { mu, kappa, a, b } = beliefs.find(table.peerAt(row))?.belief ?? PRIOR
      const variance = b / gamma(rng, a)
      return -(mu + normal(rng) * Math.sqrt(variance / kappa))
    })
  }
)
