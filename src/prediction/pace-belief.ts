/**
 * What is believed of the logarithm of a peer's pace: ms a work token of a job that runs alone. Two parts: a lasting level that
 * drifts slowly, and a passing deviation that fades by itself, such as other load on the machine. Means and their covariance.
 */
export interface PaceBelief {
  lasting: number
  passing: number
  varLasting: number
  covariance: number
  varPassing: number
  /** The moment that it is for, ms. */
  atMs: number
}

/** Of a passing deviation 1/e is left after this long, ms: games, other jobs and thermal limits come and go within a minute. */
const PASSING_MS = 20_000
/** Variance of the passing deviation in the long run: a third faster or slower is usual. */
const VAR_PASSING = 0.1
/** What the lasting level's variance gains a second: after a quarter of an hour without news a peer may be twice as fast. */
const DRIFT_PER_SECOND = 0.0005
/** No more is forgotten than that a peer is one of those that there are. */
const MOST_VAR_LASTING = 0.5
/** So many standard deviations off, an observation is a change of the peer and not chance. */
const SURPRISE = 3
/** Of a surprise this share may last; how much does is for the next observations to tell. */
const LASTING_SHARE = 0.25

/** @param mean of the logarithm @param variance > 0 */
export function newPaceBelief(mean: number, variance: number, atMs: number): PaceBelief {
  return { lasting: mean, passing: 0, varLasting: variance, covariance: 0, varPassing: VAR_PASSING, atMs }
}

/** Moves a belief to a later moment; to an earlier one it stays. */
export function advancePace(belief: PaceBelief, atMs: number): void {
  const elapsedMs = atMs - belief.atMs
  if (!(elapsedMs > 0)) return
  const left = Math.exp(-elapsedMs / PASSING_MS)
  belief.passing *= left
  belief.covariance *= left
  belief.varPassing = VAR_PASSING + (belief.varPassing - VAR_PASSING) * left * left
  const most = Math.max(MOST_VAR_LASTING, belief.varLasting)
  belief.varLasting = Math.min(most, belief.varLasting + (DRIFT_PER_SECOND * elapsedMs) / 1000)
  belief.atMs = atMs
}

/**
 * Takes in one observation of the log pace: a Kalman filter of the two parts. An observation that the belief holds for next to
 * impossible widens it first, so that a change is followed at once and forgotten slowly.
 * @param noise variance of the observation, > 0
 */
export function observePace(belief: PaceBelief, logPace: number, noise: number): void {
  const innovation = logPace - belief.lasting - belief.passing
  const square = innovation * innovation
  if (square > SURPRISE * SURPRISE * (variancePace(belief) + noise)) {
    belief.varPassing += square
    belief.varLasting += LASTING_SHARE * square
  }
  const lasting = belief.varLasting + belief.covariance
  const passing = belief.varPassing + belief.covariance
  const total = lasting + passing + noise
  belief.lasting += (lasting / total) * innovation
  belief.passing += (passing / total) * innovation
  belief.varLasting -= (lasting * lasting) / total
  belief.covariance -= (lasting * passing) / total
  belief.varPassing -= (passing * passing) / total
}

/** Variance of the log pace now. */
export function variancePace({ varLasting, covariance, varPassing }: PaceBelief): number {
  return varLasting + 2 * covariance + varPassing
}

/**
 * Mean log pace over the next `forMs`, in which a passing deviation fades.
 * @param forMs ≥ 0
 */
export function meanPaceOver({ lasting, passing }: PaceBelief, forMs: number): number {
  // (1 − exp(−x))/x to within 4 % where jobs are: below x = 1.
  return lasting + passing / (1 + forMs / (2 * PASSING_MS))
}
