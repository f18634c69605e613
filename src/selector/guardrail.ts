import type { Prospect } from '../prediction/predictor-types.ts'

/**
 * Takes the probability of arms whose first choice is known to cost far more than the best first choice, and gives it to the others in
 * proportion. Trying an arm is worth a small loss now and then, and so is trying a peer of which little is known; sending a job to a peer
 * that is known to be drowning teaches nothing. Which arms are held back depends only on what is known before the draw, so the
 * probabilities that come out are exact, and they are the ones to log. When no other arm has any probability, as under a fixed arm, nothing
 * changes.
 * @param propensities of the arms, summing to 1; changed in place
 * @param prospects of each arm's first choice
 * @param maxExpectedLoss by which share of the least cost an arm's may be above it at best, ≥ 0; Infinity holds nobody back
 */
export function applyGuardrail(propensities: Float64Array, prospects: readonly Prospect[], maxExpectedLoss: number): void {
  let bestMs = Infinity
  for (const { costMs } of prospects) bestMs = Math.min(bestMs, costMs)
  const held = (i: number) => prospects[i].leastCostMs > bestMs * (1 + maxExpectedLoss)
  let left = 0
  for (let i = 0; i < propensities.length; i++) if (!held(i)) left += propensities[i]
  if (!(left > 0)) return
  for (let i = 0; i < propensities.length; i++) propensities[i] = held(i) ? 0 : propensities[i] / left
}
