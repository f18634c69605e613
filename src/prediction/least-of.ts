/**
 * Indices of the `n` least values, least first; of equals the earlier.
 * @param n 1 ≤ n ≤ count, and small: one pass, in which the worst of the n is looked up for every value that belongs
 */
export function leastOf(values: Float64Array, n: number, count: number): number[] {
  const least: number[] = []
  for (let i = 0; i < count; i++) {
    if (least.length === n && !(values[i] < values[least[n - 1]])) continue
    let at = least.length
    while (at > 0 && values[least[at - 1]] > values[i]) at -= 1
    least.splice(at, 0, i)
    if (least.length > n) least.pop()
  }
  return least
}
