/**
 * The value that this share of the weight is not above; 0 for no values.
 * @param weights > 0, as many
 * @param level 0–1
 */
export function weightedQuantile(values: ArrayLike<number>, weights: ArrayLike<number>, level: number): number {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b])
  const wanted = level * order.reduce((sum, i) => sum + weights[i], 0)
  let sum = 0
  for (const i of order) {
    sum += weights[i]
    if (sum >= wanted) return values[i]
  }
  return order.length === 0 ? 0 : values[order[order.length - 1]]
}

/** The value that half of the weight is not above; 0 for no values. */
export function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  return weightedQuantile(values, weights, 0.5)
}
