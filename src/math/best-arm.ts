import { PeerbanditError } from '../core/errors.ts'
import { gaussLegendre } from './gauss-legendre.ts'
import { LOG_NORMAL_PEAK, normalCdf } from './normal.ts'
import { logPeakOfStudentT, studentTCdf, studentTReach } from './student-t.ts'

/** What is believed of an arm's mean: Student's t distribution, moved and stretched. */
export interface LocationScale {
  readonly location: number
  /** > 0 */
  readonly scale: number
  /** Degrees of freedom > 0. Above 30 the distribution counts as normal. */
  readonly df: number
}

const NORMAL_ABOVE_DF = 30
/** Probability left out at either end of the line. */
const LEFT_OUT = 1e-11
const LOG_LEFT_OUT = Math.log(LEFT_OUT)
/** The standard normal distribution's quantile at 1 − LEFT_OUT. */
const NORMAL_REACH = 6.71
/** Bisections for the start of the line: finer than the panels. */
const START_STEPS = 8
/** Widths of a panel in scales of the narrowest arm in it. With 12 nodes they err by 3e-10 and 4e-11; half as wide again by 1e-6. */
const NORMAL_PANEL = 3
const STUDENT_PANEL = 2.5
const { nodes: NODES, weights: WEIGHTS, partial } = gaussLegendre(12)
const COUNT = NODES.length
/** All rows in one array: it is read in the innermost loop. */
const PARTIAL = Float64Array.from(partial.flatMap((row) => [...row]))

/** An arm on its way through the panels. */
class Contender {
  index = 0
  location = 0
  scale = 1
  df = 1
  normal = false
  /** ln of the density at the location. */
  logPeak = 0
  /** This many scales above the location lies at most LEFT_OUT. */
  reach = 0
  /** P(mean ≤ start of the panel). */
  below = 0
  /** P(arm is best), as far as the panels go. */
  best = 0
  /** At the nodes of the panel. */
  readonly density = new Float64Array(COUNT)
  readonly distribution = new Float64Array(COUNT)

  load({ location, scale, df }: LocationScale, index: number): void {
    if (!(Number.isFinite(location) && scale > 0 && scale < Infinity && df > 0)) {
      throw new PeerbanditError(
        'ERR_INVALID_OPTION',
        `a posterior must have a finite location, scale > 0 and df > 0, got ${location}, ${scale} and ${df} for arm ${index}`
      )
    }
    this.index = index
    this.location = location
    this.scale = scale
    this.df = df
    this.normal = df > NORMAL_ABOVE_DF
    this.logPeak = (this.normal ? LOG_NORMAL_PEAK : logPeakOfStudentT(df)) - Math.log(scale)
    this.reach = this.normal ? NORMAL_REACH : studentTReach(LEFT_OUT, df)
    this.best = 0
  }

  low(): number {
    return this.location - this.reach * this.scale
  }

  high(): number {
    return this.location + this.reach * this.scale
  }

  startAt(x: number): void {
    const z = (x - this.location) / this.scale
    this.below = this.normal ? normalCdf(z) : studentTCdf(z, this.df)
  }

  /** An upper bound of ln P(mean ≤ x) that costs no exponential. */
  logBelowBound(x: number): number {
    const z = (this.location - x) / this.scale
    if (z <= 0) return 0
    // The tail of Student's t is below a power law that passes LEFT_OUT at the reach.
    return Math.min(-Math.LN2, this.normal ? -Math.LN2 - 0.5 * z * z : LOG_LEFT_OUT + this.df * Math.log(this.reach / z))
  }

  /**
   * How wide the panel that starts at x may be: in proportion to the scale and, for Student's t, to the distance from the
   * location, because its tails are as smooth as they are far.
   */
  panelWidth(x: number): number {
    if (this.normal) return NORMAL_PANEL * this.scale
    const z = (x - this.location) / this.scale
    return STUDENT_PANEL * this.scale * Math.sqrt(Math.min(1, this.df / 8) + (z * z) / 12)
  }

  /** Densities at the nodes, and their integrals up to each node. */
  fill(middle: number, half: number): void {
    const { density, distribution, normal, logPeak, df, below } = this
    const start = (middle - this.location) / this.scale
    const stretch = half / this.scale
    for (let j = 0; j < COUNT; j++) {
      const z = start + stretch * NODES[j]
      density[j] = Math.exp(logPeak - (normal ? 0.5 * z * z : ((df + 1) / 2) * Math.log1p((z * z) / df)))
    }
    for (let j = 0, at = 0; j < COUNT; j++) {
      let sum = 0
      for (let l = 0; l < COUNT; l++) sum += PARTIAL[at++] * density[l]
      distribution[j] = below + half * sum
    }
  }

  leave(half: number): void {
    let sum = 0
    for (let j = 0; j < COUNT; j++) sum += WEIGHTS[j] * this.density[j]
    this.below += half * sum
  }
}

// Kept from call to call: this runs for every decision, and nothing in it waits.
const pool: Contender[] = []
const line: Contender[] = []
let after = new Float64Array(0)

/** A point below which all means together lie with a probability of at most LEFT_OUT: far above each arm's own lower end. */
function startOfLine(arms: number): number {
  let low = -Infinity
  let high = -Infinity
  for (let i = 0; i < arms; i++) {
    low = Math.max(low, pool[i].low())
    high = Math.max(high, pool[i].location)
  }
  for (let step = 0; step < START_STEPS; step++) {
    const middle = (low + high) / 2
    let logBelow = 0
    for (let i = 0; i < arms; i++) logBelow += pool[i].logBelowBound(middle)
    if (logBelow <= LOG_LEFT_OUT) low = middle
    else high = middle
  }
  return low
}

/** Takes arms off the line that end below x. */
function dropBelow(x: number): void {
  let kept = 0
  for (const arm of line) if (arm.high() > x) line[kept++] = arm
  line.length = kept
}

/** Adds the panel's share to P(arm is best): ∫ f_k Π_{i≠k} F_i, with the product taken from both sides. */
function integrate(half: number): void {
  const last = line.length - 1
  for (let j = 0; j < COUNT; j++) {
    after[last] = half * WEIGHTS[j]
    for (let i = last; i > 0; i--) after[i - 1] = after[i] * line[i].distribution[j]
    let before = 1
    for (let i = 0; i <= last; i++) {
      const arm = line[i]
      arm.best += before * after[i] * arm.density[j]
      before *= arm.distribution[j]
    }
  }
}

/** Integrates one panel that starts at x and returns where it ends. */
function panel(x: number): number {
  let end = Infinity
  for (const arm of line) end = Math.min(end, x + arm.panelWidth(x))
  const half = (end - x) / 2
  for (const arm of line) arm.fill(x + half, half)
  integrate(half)
  for (const arm of line) arm.leave(half)
  return end
}

/**
 * Writes the probability that each arm's mean is the largest into `into`, the means being independent. Exact to 1e-9.
 *
 * The line is cut into panels as wide as the narrowest distribution in them allows. Distribution functions are integrated along
 * with the answer (Gauss collocation), so that each point costs one exponential an arm. Arms leave the line at their upper end:
 * those that cannot be best cost nothing.
 * @throws ERR_INVALID_OPTION for a posterior that is not a distribution
 */
export function bestArmProbabilities(posteriors: readonly LocationScale[], into: Float64Array): void {
  const arms = posteriors.length
  while (pool.length < arms) pool.push(new Contender())
  if (after.length < arms) after = new Float64Array(arms)
  line.length = 0
  for (let i = 0; i < arms; i++) {
    pool[i].load(posteriors[i], i)
    line.push(pool[i])
  }
  let x = startOfLine(arms)
  dropBelow(x)
  for (const arm of line) arm.startAt(x)
  while (line.length > 1) {
    x = panel(x)
    dropBelow(x)
  }
  for (const arm of line) arm.best += 1 - arm.below
  let total = 0
  for (let i = 0; i < arms; i++) total += pool[i].best
  for (let i = 0; i < arms; i++) into[i] = pool[i].best / total
}
