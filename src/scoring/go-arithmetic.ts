/**
 * The few places where Go computes otherwise than JavaScript, so that the `seed` variant gives the same doubles as the proof of
 * concept did. Go's float64 arithmetic is that of JavaScript; its durations are whole nanoseconds and its Pow multiplies.
 */
const NS_PER_MS = 1e6
const NS_PER_HOUR = 3.6e12

/** A time.Duration: whole nanoseconds. */
export function durationNs(ms: number): number {
  return Math.round(ms * NS_PER_MS)
}

/** Duration.Milliseconds(): truncated to whole milliseconds. */
export function wholeMs(ns: number): number {
  return Math.trunc(ns / NS_PER_MS)
}

/** Duration.Hours(): whole hours and the rest, added. */
export function hours(ns: number): number {
  const rest = ns % NS_PER_HOUR
  return (ns - rest) / NS_PER_HOUR + rest / NS_PER_HOUR
}

/**
 * math.Pow for an integer exponent ≥ 0: repeated squaring. JavaScript's `**` rounds once and differs in the last bit.
 * @see https://github.com/golang/go/blob/go1.24.0/src/math/pow.go
 */
export function power(base: number, exponent: number): number {
  let result = 1
  let square = base
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square
    square *= square
  }
  return result
}
