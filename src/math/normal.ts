const INVERSE_SQRT_TWO_PI = 0.3989422804014327

/** ln of the standard normal density at 0. */
export const LOG_NORMAL_PEAK = -0.9189385332046728

// Coefficients of Cody's rational approximations, highest power first.
const CENTRE_TOP = [0.06568233791820745, 2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356]
const CENTRE_BOTTOM = [1, 47.20258190468824, 976.0985517377767, 10260.932208618979, 45507.78933502673]
const MIDDLE_TOP = [
  1.076557677372019e-8, 0.39894151208813466, 8.883149794388377, 93.50665613217787, 597.2702763948002, 2494.5375852903726,
  6848.190450536283, 11602.65143764735, 9842.714838383978
]
const MIDDLE_BOTTOM = [
  1, 22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097, 34900.95272114598,
  38912.00328609327, 19685.429676859992
]

function ratio(x: number, top: readonly number[], bottom: readonly number[]): number {
  let numerator = top[0]
  let denominator = bottom[0]
  for (let i = 1; i < top.length; i++) {
    numerator = numerator * x + top[i]
    denominator = denominator * x + bottom[i]
  }
  return numerator / denominator
}

/** exp(−x²/2) without the rounding error of x² in the exponent: x is split at a sixteenth. */
function gaussian(x: number): number {
  const head = Math.trunc(x * 16) / 16
  return Math.exp(-0.5 * head * head) * Math.exp(-0.5 * (x - head) * (x + head))
}

/** 40 terms are more than enough for full precision from x = 5.6 on. */
const FRACTION_TERMS = 40

/** P(X > x) / density for x ≥ 5.6: Laplace's continued fraction x + 1/(x + 2/(x + 3/…)), from its end. @see DLMF 7.9.3 */
function millsRatio(x: number): number {
  let denominator = x
  for (let term = FRACTION_TERMS; term > 0; term--) denominator = x + term / denominator
  return 1 / denominator
}

/** P(X > x) for x ≥ 0.67. */
function upperTail(x: number): number {
  if (x > 40) return 0
  if (x < 5.656854249492381) return gaussian(x) * ratio(x, MIDDLE_TOP, MIDDLE_BOTTOM)
  return INVERSE_SQRT_TWO_PI * gaussian(x) * millsRatio(x)
}

/**
 * P(X ≤ x) for the standard normal distribution. Relative error about 1e-15, also far out in the lower tail.
 * @see Cody 1969, "Rational Chebyshev Approximations for the Error Function"
 */
export function normalCdf(x: number): number {
  if (Math.abs(x) < 0.67448975) return 0.5 + x * ratio(x * x, CENTRE_TOP, CENTRE_BOTTOM)
  return x < 0 ? upperTail(-x) : 1 - upperTail(x)
}
