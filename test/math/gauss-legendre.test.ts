import { describe, expect, it } from 'vitest'
import { gaussLegendre } from '../../src/math/gauss-legendre.ts'

describe('gaussLegendre', () => {
  it('has the nodes and weights of the two-point rule', () => {
    const { nodes, weights } = gaussLegendre(2)
    expect(nodes[1]).toBeCloseTo(1 / Math.sqrt(3), 15)
    expect([...weights]).toEqual([expect.closeTo(1, 14), expect.closeTo(1, 14)])
  })

  it.each([2, 5, 12])('with %d nodes integrates polynomials up to degree 2n − 1', (n) => {
    const { nodes, weights } = gaussLegendre(n)
    for (let power = 0; power < 2 * n; power++) {
      const integral = nodes.reduce((sum, x, j) => sum + weights[j] * x ** power, 0)
      expect(integral, `x^${power}`).toBeCloseTo(power % 2 === 0 ? 2 / (power + 1) : 0, 13)
    }
  })

  it.each([2, 5, 12])('with %d nodes integrates polynomials below degree n up to each node', (n) => {
    const { nodes, partial } = gaussLegendre(n)
    for (let power = 0; power < n; power++) {
      partial.forEach((row, j) => {
        const integral = nodes.reduce((sum, x, l) => sum + row[l] * x ** power, 0)
        expect(integral, `x^${power} up to node ${j}`).toBeCloseTo(
          (nodes[j] ** (power + 1) - (-1) ** (power + 1)) / (power + 1),
          13
        )
      })
    }
  })
})
