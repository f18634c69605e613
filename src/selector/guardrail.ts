/**
 * Takes the probability of arms whose first choice is expected to earn far less than the best first choice, and gives it to the others
 * in proportion. Trying an arm is worth a small loss now and then; sending a job to a peer that is known to be drowning teaches nothing.
 * Which arms are held back depends only on what is known before the draw, so the probabilities that come out are exact, and they are
 * the ones to log. When no other arm has any probability, as under a fixed arm, nothing changes.
 * @param propensities of the arms, summing to 1; changed in place
 * @param expected reward of each arm's first choice, 0–1
 * @param maxExpectedLoss how far below the best an arm may be, ≥ 0; Infinity holds nobody back
 */
export function applyGuardrail(propensities: Float64Array, expected: ArrayLike<number>, maxExpectedLoss: number): void {
  let best = -Infinity
  for (let i = 0; i < propensities.length; i++) best = Math.max(best, expected[i])
  const held = (i: number) => expected[i] < best - maxExpectedLoss
  let left = 0
  for (let i = 0; i < propensities.length; i++) if (!held(i)) left += propensities[i]
  if (!(left > 0)) return
  for (let i = 0; i < propensities.length; i++) propensities[i] = held(i) ? 0 : propensities[i] / left
}
