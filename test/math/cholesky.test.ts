import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choleskyFactor, solveLower, solveUpper } from '../../src/math/cholesky.ts'

describe('the factor', () => {
  it('is the known one', () => {
    // A textbook's: [[4, 12, -16], [12, 37, -43], [-16, -43, 98]].
    const factor = new Float64Array(9)
    choleskyFactor(Float64Array.of(4, NaN, NaN, 12, 37, NaN, -16, -43, 98), 3, factor)
    expect([...factor]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3])
  })

  it.each<[what: string, matrix: number[]]>([
    ['indefinite', [1, 0, 2, 1]],
    ['singular', [1, 0, 1, 1]],
    ['negative', [-1, 0, 0, 1]],
    ['not a number', [NaN, 0, 0, 1]],
    ['infinite', [Infinity, 0, 0, 1]]
  ])('does not exist where the matrix is %s', (_, matrix) => {
    expect(() => {
      choleskyFactor(Float64Array.from(matrix), 2, new Float64Array(4))
    }).toThrow('matrix must be positive definite')
  })

  it('solves A·x = b in place', () => {
    const entry = fc.double({ min: -3, max: 3, noNaN: true })
    const systems = fc
      .integer({ min: 1, max: 8 })
      .chain((size) =>
        fc.tuple(
          fc.array(entry, { minLength: size * size, maxLength: size * size }),
          fc.array(entry, { minLength: size, maxLength: size })
        )
      )
    fc.assert(
      fc.property(systems, ([entries, x]) => {
        const size = x.length
        const at = (i: number, j: number) => entries[i * size + j]
        const sum = (term: (k: number) => number) => x.reduce((total, _, k) => total + term(k), 0)
        // B·Bᵀ + 1 is positive definite for any B.
        const matrix = Float64Array.from(entries, (_, place) => {
          const [i, j] = [Math.floor(place / size), place % size]
          return sum((k) => at(i, k) * at(j, k)) + (i === j ? 1 : 0)
        })
        const b = Float64Array.from(x, (_, i) => sum((k) => matrix[i * size + k] * x[k]))
        choleskyFactor(matrix, size, matrix)
        solveLower(matrix, b)
        solveUpper(matrix, b)
        b.forEach((value, i) => {
          expect(value).toBeCloseTo(x[i], 8)
        })
      })
    )
  })
})
