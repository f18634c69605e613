import type { Spread } from './peer-averages.ts'

/**
 * What is believed of the logarithm of a peer's pace: ms a work token of a job that runs alone. Two parts: a lasting level, which is slowly
 * forgotten, and a passing deviation that fades by itself, such as other load on the machine. Means and their covariance.
 */
export interface PaceBelief {
  lasting: number
  passing: number
  varLasting: number
  covariance: number
  varPassing: number
  /** The moment that it is for, ms. */
  atMs: number
  /** What is expected of the lasting level when nothing of it is remembered. */
  home: Spread
}

/** Of a passing deviation 1/e is left after this long, ms: games, other jobs and thermal limits come and go within a minute. */
const PASSING_MS = 20_000
/** Variance of the passing deviation in the long run: a third faster or slower is usual. */
const VAR_PASSING = 0.1
/**
 * Of what is known of the lasting level 1/e is left after this long, ms. Peers that are not used are so expected to become like others
 * of their kind, and tried again some time.
 */
const LASTING_MS = 1_200_000
/** Variance of the lasting level of a peer that is used all the time. */
const KNOWN_VARIANCE = 0.04
/** So many standard deviations off, an observation is a change of the peer and not chance. */
const SURPRISE = 3
/** Of a surprise this share may last; how much does is for the next observations to tell. */
const LASTING_SHARE = 0.25

/** No peer is faster or slower than this, ms a token: a single absurd report must not leave anything that is not finite. */
const FASTEST_MS = 1e-3
const SLOWEST_MS = 1e6

/** Logarithm of a pace, within what any peer can have. @param msPerToken ≥ 0, also Infinity */
export function logPaceOf(msPerToken: number): number {
  return Math.log(Math.min(SLOWEST_MS, Math.max(FASTEST_MS, msPerToken)))
}

/** @param home of the logarithm, variance > 0 */
export function newPaceBelief(home: Spread, atMs: number): PaceBelief {
  const { mean, variance } = home
  return { lasting: mean, passing: 0, varLasting: variance, covariance: 0, varPassing: VAR_PASSING, atMs, home }
}

/** Moves a belief to a later moment; to an earlier one it stays. */
export function advancePace(belief: PaceBelief, atMs: number): void {
  const elapsedMs = atMs - belief.atMs
  if (!(elapsedMs > 0)) return
  const passingLeft = Math.exp(-elapsedMs / PASSING_MS)
  const lastingLeft = Math.exp(-elapsedMs / LASTING_MS)
  const { home } = belief
  belief.passing *= passingLeft
  belief.lasting = home.mean + (belief.lasting - home.mean) * lastingLeft
  belief.covariance *= passingLeft * lastingLeft
  belief.varPassing = VAR_PASSING + (belief.varPassing - VAR_PASSING) * passingLeft * passingLeft
  belief.varLasting = home.variance + (belief.varLasting - home.variance) * lastingLeft * lastingLeft
  belief.atMs = atMs
}

/**
 * Takes in one observation of the log pace: a Kalman filter of the two parts. An observation that the belief holds for next to
 * impossible widens it first, so that a change is followed at once and forgotten slowly.
 * @param noise variance of the observation, > 0
 */
export function observePace(belief: PaceBelief, logPace: number, noise: number): void {
  let innovation = logPace - belief.lasting - belief.passing
  const square = innovation * innovation
  if (square > SURPRISE * SURPRISE * (variancePace(belief) + noise)) {
    rememberHome(belief)
    innovation = logPace - belief.lasting - belief.passing
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

/**
 * However often a peer changed, it is one of its kind: of the lasting level no more is unknown than of a newcomer's. What is more comes of
 * surprises in a row, which leave open how much of each lasts; without an end to that, the two parts drift apart, and their sum hides it.
 * Takes in the home as an observation of the lasting level, just noisy enough to leave its variance.
 */
function rememberHome(belief: PaceBelief): void {
  const { home, varLasting, covariance } = belief
  const excess = varLasting - home.variance
  if (!(excess > 0)) return
  const share = excess / varLasting
  const passingShare = (covariance / varLasting) * share
  const innovation = home.mean - belief.lasting
  belief.lasting += share * innovation
  belief.passing += passingShare * innovation
  belief.varLasting = home.variance
  belief.covariance -= share * covariance
  belief.varPassing -= passingShare * covariance
}

/**
 * Standard deviation of what is worth finding out: of the lasting level, beyond what is never known better while passing deviations come
 * and go.
 */
export function unknownPace({ varLasting }: PaceBelief): number {
  return Math.sqrt(Math.max(0, varLasting - KNOWN_VARIANCE))
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
