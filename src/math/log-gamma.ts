const HALF_LOG_TWO_PI = 0.9189385332046728

/** ln Γ(x) for x > 0: Stirling's series, after moving x up to where the series is exact to rounding. */
export function logGamma(x: number): number {
  let shift = 0
  let y = x
  for (; y < 15; y += 1) shift += Math.log(y)
  const z = 1 / (y * y)
  const series = (1 / 12 + z * (-1 / 360 + z * (1 / 1260 + z * (-1 / 1680 + z * (1 / 1188 + z * (-691 / 360360)))))) / y
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_TWO_PI + series - shift
}
