import type { LogQuantiles } from './model.ts'

/** The quantiles with both ends moved out, or in, but never past the median. */
export function widened({ q10, q50, q90 }: LogQuantiles, offset: number): LogQuantiles {
  return { q10: Math.min(q50, q10 - offset), q50, q90: Math.max(q50, q90 + offset) }
}
