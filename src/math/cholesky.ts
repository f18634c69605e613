import { PeerbanditError } from '../core/errors.ts'

/**
 * The lower triangle L with L·Lᵀ = A for a symmetric, positive definite A.
 * @param matrix size × size by rows, of which the lower triangle is read
 * @param into filled with L; what is above its diagonal is left alone. May be `matrix` itself
 * @throws ERR_INVALID_OPTION for a matrix that is not positive definite, or holds NaN
 * @see Golub and Van Loan 2013, "Matrix Computations", section 4.2.5
 */
export function choleskyFactor(matrix: Float64Array, size: number, into: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const row = i * size
    for (let j = 0; j <= i; j++) {
      const other = j * size
      let sum = matrix[row + j]
      for (let k = 0; k < j; k++) sum -= into[row + k] * into[other + k]
      if (j < i) into[row + j] = sum / into[other + j]
      else if (sum > 0 && sum < Infinity) into[row + i] = Math.sqrt(sum)
      else throw new PeerbanditError('ERR_INVALID_OPTION', `matrix must be positive definite, got pivot ${sum} in row ${i + 1}`)
    }
  }
}

/** Replaces x by the solution z of L·z = x. */
export function solveLower(factor: Float64Array, x: Float64Array): void {
  const size = x.length
  for (let i = 0; i < size; i++) {
    let sum = x[i]
    for (let k = 0; k < i; k++) sum -= factor[i * size + k] * x[k]
    x[i] = sum / factor[i * size + i]
  }
}

/** Replaces x by the solution z of Lᵀ·z = x. */
export function solveUpper(factor: Float64Array, x: Float64Array): void {
  const size = x.length
  for (let i = size - 1; i >= 0; i--) {
    const z = x[i] / factor[i * size + i]
    x[i] = z
    for (let k = 0; k < i; k++) x[k] -= factor[i * size + k] * z
  }
}
