import { checkFinite, checkPositive } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/** Sums as they stand at the landmark. Plain and JSON-safe. */
export interface ForwardDecayState {
  readonly landmarkMs: number
  readonly weight: number
  readonly weightSquared: number
  readonly count: number
  readonly sums: readonly number[]
  readonly squares: readonly number[]
}

/** The sums of one quantity, projected to a moment. */
export interface DecayedTotals {
  /** Σ w */
  readonly weight: number
  /** Σ w² */
  readonly weightSquared: number
  /** Σ w·v */
  readonly sum: number
  /** Σ w·v² */
  readonly squares: number
}

/** A half-life, or Infinity for no forgetting. @throws ERR_INVALID_OPTION */
export function checkHalfLife(name: string, halfLifeMs: number): number {
  return halfLifeMs === Infinity ? halfLifeMs : checkPositive(name, halfLifeMs)
}

/**
 * Sums of quantities that are observed together, forgetting by event time: an event of age a weighs 2^(−a / half-life).
 *
 * The weights hang on when things happened and not on when they were told, so that events may come in any order and two
 * sums may be merged: the same events give the same sums, up to rounding. The landmark is the newest event; no weight is
 * ever scaled up, so nothing overflows however long it runs.
 * @see Cormode, Shkapenyuk, Srivastava and Xu 2009, "Forward Decay: A Practical Time Decay Model for Streaming Systems"
 */
export class ForwardDecay {
  readonly #halfLifeMs: number
  #landmarkMs = 0
  #weight = 0
  #weightSquared = 0
  #count = 0
  readonly #sums: Float64Array
  readonly #squares: Float64Array

  /**
   * @param width how many quantities
   * @param halfLifeMs above 0; Infinity never forgets
   */
  constructor(width: number, halfLifeMs: number) {
    this.#halfLifeMs = checkHalfLife('halfLifeMs', halfLifeMs)
    this.#sums = new Float64Array(width)
    this.#squares = new Float64Array(width)
  }

  /** @throws ERR_SNAPSHOT */
  static restore(state: unknown, width: number, halfLifeMs: number): ForwardDecay {
    const restored = new ForwardDecay(width, halfLifeMs)
    restored.#load(checkState(state, width))
    return restored
  }

  /** Events ever, not decayed. */
  get count(): number {
    return this.#count
  }

  /** Time of the newest event, ms since the epoch; 0 before the first. */
  get newestMs(): number {
    return this.#landmarkMs
  }

  #load(state: ForwardDecayState): void {
    this.#landmarkMs = state.landmarkMs
    this.#weight = state.weight
    this.#weightSquared = state.weightSquared
    this.#count = state.count
    this.#sums.set(state.sums)
    this.#squares.set(state.squares)
  }

  #decay(elapsedMs: number): number {
    return 2 ** (-elapsedMs / this.#halfLifeMs)
  }

  /** Moves the landmark to an event if that is newer, and returns what the event weighs there. */
  #landmark(atMs: number): number {
    if (this.#count === 0) this.#landmarkMs = atMs
    const elapsedMs = atMs - this.#landmarkMs
    if (elapsedMs <= 0) return this.#decay(-elapsedMs)
    const decay = this.#decay(elapsedMs)
    this.#landmarkMs = atMs
    this.#weight *= decay
    this.#weightSquared *= decay * decay
    for (let i = 0; i < this.#sums.length; i++) {
      this.#sums[i] *= decay
      this.#squares[i] *= decay
    }
    return 1
  }

  /**
   * Takes in one event.
   * @param values one a quantity
   * @param weight above 0
   * @param atMs when it happened, ms since the epoch
   */
  add(values: ArrayLike<number>, weight: number, atMs: number): void {
    checkPositive('weight', weight)
    checkFinite('atMs', atMs)
    for (let i = 0; i < this.#sums.length; i++) checkFinite('value', values[i])
    const w = weight * this.#landmark(atMs)
    this.#count += 1
    this.#weight += w
    this.#weightSquared += w * w
    for (let i = 0; i < this.#sums.length; i++) {
      this.#sums[i] += w * values[i]
      this.#squares[i] += w * values[i] * values[i]
    }
  }

  /** Takes in all events of another sum of the same width and half-life. */
  merge(other: ForwardDecay): void {
    if (other.#count === 0) return
    const w = this.#landmark(other.#landmarkMs)
    this.#count += other.#count
    this.#weight += w * other.#weight
    this.#weightSquared += w * w * other.#weightSquared
    for (let i = 0; i < this.#sums.length; i++) {
      this.#sums[i] += w * other.#sums[i]
      this.#squares[i] += w * other.#squares[i]
    }
  }

  /** What has become of the weights since the newest event, 0–1; 1 for times before it. */
  freshness(nowMs: number): number {
    return this.#decay(Math.max(0, nowMs - this.#landmarkMs))
  }

  /** The sums of quantity i at a moment. */
  read(nowMs: number, i = 0): DecayedTotals {
    const decay = this.freshness(nowMs)
    return {
      weight: this.#weight * decay,
      weightSquared: this.#weightSquared * decay * decay,
      sum: this.#sums[i] * decay,
      squares: this.#squares[i] * decay
    }
  }

  /** Decayed mean of quantity i; NaN before the first event. Age alone does not change it. */
  mean(i = 0): number {
    return this.#sums[i] / this.#weight
  }

  /** Decayed population variance of quantity i. */
  variance(i = 0): number {
    return Math.max(0, this.#squares[i] / this.#weight - this.mean(i) ** 2)
  }

  /**
   * How many fresh events of equal weight say as much: (Σw)² / Σw² times the freshness, so that evidence which is not renewed
   * fades.
   * @see Kish 1965, "Survey Sampling", for the first factor
   */
  effectiveCount(nowMs: number): number {
    return this.#count === 0 ? 0 : (this.#weight ** 2 / this.#weightSquared) * this.freshness(nowMs)
  }

  state(): ForwardDecayState {
    return {
      landmarkMs: this.#landmarkMs,
      weight: this.#weight,
      weightSquared: this.#weightSquared,
      count: this.#count,
      sums: [...this.#sums],
      squares: [...this.#squares]
    }
  }
}

function isFiniteArray(value: unknown, width: number): boolean {
  return Array.isArray(value) && value.length === width && value.every((entry) => Number.isFinite(entry))
}

function checkState(state: unknown, width: number): ForwardDecayState {
  const { landmarkMs, weight, weightSquared, count, sums, squares } = (state ?? {}) as Partial<ForwardDecayState>
  const numbers = isFiniteArray([landmarkMs, weight, weightSquared, count], 4)
  // Something that was observed weighs something; a mean without weight would be NaN for good.
  const weighed = count === 0 || (Number(weight) > 0 && Number(weightSquared) > 0)
  if (numbers && weighed && isFiniteArray(sums, width) && isFiniteArray(squares, width)) return state as ForwardDecayState
  throw new PeerbanditError(
    'ERR_SNAPSHOT',
    `decayed sums must be finite numbers for ${width} quantities, got ${JSON.stringify(state)}`
  )
}
