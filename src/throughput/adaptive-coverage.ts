import { checkFinite, checkInteger, checkPositive, checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { SortedWindow } from '../math/sorted-window.ts'
import { conformalRank, COVERED } from './calibration.ts'

export interface AdaptiveCoverageOptions {
  /** Share of outcomes that the intervals should cover, 0–1. @default 0.8 */
  readonly target?: number
  /** How fast the level follows misses: γ of the paper, > 0. @default 0.02 */
  readonly rate?: number
  /** Scores that are remembered. @default 500 */
  readonly window?: number
  /** Intervals are widened, or narrowed, by at most this, natural logarithm > 0. @default 3: a factor of twenty */
  readonly mostOffset?: number
  /** Outcomes that coverage is counted over. @default 100 */
  readonly outcomes?: number
  /** Below this coverage the intervals are worth nothing, 0–1. @default 0.65 */
  readonly least?: number
}

const DEFAULTS = {
  target: COVERED,
  rate: 0.02,
  window: 500,
  mostOffset: 3,
  outcomes: 100,
  least: 0.65
} as const satisfies AdaptiveCoverageOptions

/** Before so many scores, intervals are left as they are: the quantile of a handful is mostly chance. */
const LEAST_SCORES = 20
/** Half of the way from the least coverage to the target is enough to be believed again. */
const RECOVERED = 0.5

/** What a restart keeps: plain JSON. */
export interface AdaptiveCoverageState {
  readonly version: 1
  readonly miss: number
  readonly healthy: boolean
  /** The oldest first. */
  readonly scores: readonly number[]
  /** Whether the last intervals covered, the oldest first. */
  readonly covered: readonly boolean[]
}

/** Whatever it was trained on, a deployment's peers differ and change: widens intervals until they cover what they should. */
export interface AdaptiveCoverage {
  /** What to widen the next interval by on both sides, natural logarithm; negative narrows it, at most to its median. */
  readonly offset: number
  /** Share of the last outcomes that were covered, 0–1; undefined before the first. */
  readonly coverage: number | undefined
  /** False once the last outcomes were covered too seldom, until they are covered again: a caller should fall back meanwhile. */
  readonly healthy: boolean
  /**
   * Takes in an outcome.
   * @param score of the interval before {@link offset}: see conformityScore
   * @throws ERR_INVALID_OPTION for NaN and Infinity
   */
  observe(score: number): void
  state(): AdaptiveCoverageState
  /** @throws ERR_SNAPSHOT */
  restore(state: unknown): void
}

/** @throws ERR_INVALID_OPTION */
export function adaptiveCoverage(options: AdaptiveCoverageOptions = {}): AdaptiveCoverage {
  const resolved = { ...DEFAULTS, ...options }
  checkRatio('target', resolved.target)
  checkPositive('rate', resolved.rate)
  checkPositive('mostOffset', resolved.mostOffset)
  checkInteger('window', resolved.window, { min: 1, max: 1e6 })
  checkInteger('outcomes', resolved.outcomes, { min: 1, max: 1e6 })
  checkRatio('least', resolved.least)
  return new AdaptiveIntervals(resolved)
}

/** @see Gibbs and Candès 2021, "Adaptive Conformal Inference Under Distribution Shift" */
class AdaptiveIntervals implements AdaptiveCoverage {
  readonly #options: Required<AdaptiveCoverageOptions>
  #scores: SortedWindow
  /** 1 for an outcome that was covered, in a ring. */
  readonly #covered: Uint8Array
  #outcomes = 0
  #coveredCount = 0
  /** α of the paper: the share of misses that is aimed at so that the target is met. */
  #miss: number
  #healthy = true

  constructor(options: Required<AdaptiveCoverageOptions>) {
    this.#options = options
    this.#scores = new SortedWindow(options.window)
    this.#covered = new Uint8Array(options.outcomes)
    this.#miss = 1 - options.target
  }

  get offset(): number {
    const { mostOffset } = this.#options
    if (this.#scores.count < LEAST_SCORES) return 0
    if (this.#miss >= 1) return -mostOffset
    const rank = conformalRank(this.#scores.count, 1 - this.#miss)
    // At a level of 1 and above, the paper's interval is infinite; a job at such a peer still has to be given some time.
    if (this.#miss <= 0 || rank > this.#scores.count) return mostOffset
    return Math.max(-mostOffset, Math.min(mostOffset, this.#scores.smallest(rank)))
  }

  get coverage(): number | undefined {
    return this.#outcomes === 0 ? undefined : this.#coveredCount / Math.min(this.#outcomes, this.#covered.length)
  }

  get healthy(): boolean {
    return this.#healthy
  }

  observe(score: number): void {
    checkFinite('score', score)
    const { target, rate } = this.#options
    const covered = score <= this.offset
    this.#miss += rate * (1 - target - (covered ? 0 : 1))
    this.#scores.add(score)
    this.#count(covered)
    this.#judge()
  }

  #count(covered: boolean): void {
    const place = this.#outcomes % this.#covered.length
    if (this.#outcomes >= this.#covered.length) this.#coveredCount -= this.#covered[place]
    this.#covered[place] = covered ? 1 : 0
    this.#coveredCount += this.#covered[place]
    this.#outcomes += 1
  }

  #judge(): void {
    const { least, target } = this.#options
    if (this.#outcomes < this.#covered.length) return
    const coverage = this.#coveredCount / this.#covered.length
    if (coverage < least) this.#healthy = false
    else if (coverage >= least + RECOVERED * (target - least)) this.#healthy = true
  }

  state(): AdaptiveCoverageState {
    const kept = Math.min(this.#outcomes, this.#covered.length)
    const covered = Array.from(
      { length: kept },
      (_, i) => this.#covered[(this.#outcomes - kept + i) % this.#covered.length] === 1
    )
    return { version: 1, miss: this.#miss, healthy: this.#healthy, scores: this.#scores.values(), covered }
  }

  restore(state: unknown): void {
    const { miss, healthy, scores, covered } = checkState(state)
    this.#miss = miss
    this.#scores = new SortedWindow(this.#options.window)
    for (const score of scores) this.#scores.add(score)
    this.#outcomes = 0
    this.#coveredCount = 0
    for (const one of covered) this.#count(one)
    this.#healthy = healthy
  }
}

function checkState(state: unknown): AdaptiveCoverageState {
  const found = (state ?? {}) as Partial<AdaptiveCoverageState>
  if (found.version !== 1) {
    throw new PeerbanditError('ERR_SNAPSHOT', `adaptive coverage: got v${String(found.version)}, expected v1`)
  }
  const { miss, healthy, scores, covered } = found
  const numbers = Array.isArray(scores) && scores.every(Number.isFinite) && Number.isFinite(miss)
  const flags = Array.isArray(covered) && covered.every((one) => typeof one === 'boolean') && typeof healthy === 'boolean'
  if (numbers && flags) return found as AdaptiveCoverageState
  throw new PeerbanditError('ERR_SNAPSHOT', 'adaptive coverage: miss, healthy, scores or covered are missing or of another kind')
}
