import { checkNonNegative } from '../../core/check.ts'

/** A behaviour of a peer: what its speed is multiplied by at a moment. ≥ 0; `nowMs` counts from when the engine was made. */
export type FactorOverTime = (nowMs: number) => number

/** The same at all times. */
export function constant(factor: number): FactorOverTime {
  checkNonNegative('factor', factor)
  return () => factor
}

/** `factor` from `fromMs` until before `toMs`, 1 at all other times. */
export function between(fromMs: number, toMs: number, factor: number): FactorOverTime {
  checkNonNegative('factor', factor)
  return (nowMs) => (nowMs >= fromMs && nowMs < toMs ? factor : 1)
}

/** All of them at once: their product. 1 where there is none. */
export function product(...factors: readonly FactorOverTime[]): FactorOverTime {
  return (nowMs) => factors.reduce((value, factor) => value * factor(nowMs), 1)
}
