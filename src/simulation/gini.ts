/** Gini index of numbers of at least 0: 0 when all are equal, 1 − 1/n when one has everything, 0 when nobody has anything. */
export function giniOf(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort()
  let sum = 0
  let weighted = 0
  for (const [i, value] of sorted.entries()) {
    sum += value
    weighted += (i + 1) * value
  }
  const n = sorted.length
  return sum > 0 ? (2 * weighted) / (n * sum) - (n + 1) / n : 0
}
