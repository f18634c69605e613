/** Features cut into few bins, so that a split is found by one pass over the rows and one over the bins. */
export interface Bins {
  readonly count: number
  readonly width: number
  /** Bin of each row and feature, by features: column f is from f·count on. */
  readonly columns: Uint8Array
  /** Of each feature: bin b holds values up to its b-th cut, the last one what is above all of them. */
  readonly cuts: readonly Float64Array[]
}

/** One more than the most cuts of a feature. */
export const MAX_BINS = 64

/** At values that divide the rows evenly; between all values where they are few. */
function cutsOf(values: readonly number[]): Float64Array {
  const distinct = [...new Set(values)].sort((a, b) => a - b)
  const middles = distinct.slice(1).map((value, i) => (value + distinct[i]) / 2)
  if (middles.length < MAX_BINS) return Float64Array.from(middles)
  const sorted = Float64Array.from(values).sort()
  const even = Array.from({ length: MAX_BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / MAX_BINS)])
  // The last value as a cut would leave nothing above it.
  return Float64Array.from(new Set(even.filter((cut) => cut < sorted[sorted.length - 1])))
}

/** The number of cuts below the value. */
function binOf(cuts: Float64Array, value: number): number {
  let [low, high] = [0, cuts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (cuts[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/** @param rows of features, at least one */
export function binned(rows: readonly Float32Array[]): Bins {
  const [count, width] = [rows.length, rows[0].length]
  const columns = new Uint8Array(count * width)
  const cuts = Array.from({ length: width }, (_, f) => {
    const own = cutsOf(rows.map((row) => row[f]))
    rows.forEach((row, i) => (columns[f * count + i] = binOf(own, row[f])))
    return own
  })
  return { count, width, columns, cuts }
}
