import { meanOf } from './quantile.ts'

/** Of all values, not of a sample. @throws ERR_INVALID_OPTION for no values */
export function standardDeviation(values: ArrayLike<number>): number {
  const all = Array.from(values)
  const centre = meanOf(all)
  return Math.sqrt(meanOf(all.map((value) => (value - centre) ** 2)))
}

/** Ranks, the mean rank for equal values. */
function ranks(values: ArrayLike<number>): number[] {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b])
  const result = new Array<number>(values.length)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (const i of order.slice(from, to)) result[i] = (from + to - 1) / 2
    from = to
  }
  return result
}

/** Spearman's rank correlation, −1 to 1; NaN where all values of one side are equal. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ranksA, ranksB] = [ranks(a), ranks(b)]
  const [meanA, meanB] = [meanOf(ranksA), meanOf(ranksB)]
  const covariance = meanOf(ranksA.map((rank, i) => (rank - meanA) * (ranksB[i] - meanB)))
  return covariance / (standardDeviation(ranksA) * standardDeviation(ranksB))
}
