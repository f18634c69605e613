/**
 * The value that half of the weight is not above; 0 for no values.
 * @param weights > 0, as many
 */
export function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b])
  const half = order.reduce((sum, i) => sum + weights[i], 0) / 2
  let sum = 0
  for (const i of order) {
    sum += weights[i]
    if (sum >= half) return values[i]
  }
  return 0
}
