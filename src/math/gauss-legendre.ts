/** Nodes on [−1, 1] with what is needed to integrate from −1 to 1 and from −1 to each node. */
export interface GaussLegendre {
  readonly nodes: Float64Array
  readonly weights: Float64Array
  /**
   * Row j holds the weights of ∫ from −1 to node j, exact for polynomials of degree below the number of nodes. Used together with
   * `weights` this is the Gauss collocation method, which keeps the order of the full rule at the end of a panel.
   */
  readonly partial: readonly Float64Array[]
}

/** Legendre polynomials P₀(x)…P_n(x), by the three-term recurrence. */
function legendre(n: number, x: number): Float64Array {
  const p = new Float64Array(n + 1)
  p[0] = 1
  p[1] = x
  for (let m = 1; m < n; m++) p[m + 1] = ((2 * m + 1) * x * p[m] - m * p[m - 1]) / (m + 1)
  return p
}

function derivative(n: number, x: number, p: Float64Array): number {
  return (n * (x * p[n] - p[n - 1])) / (x * x - 1)
}

/** Newton's method from the usual cosine guess; converges to rounding in a few steps. */
function node(n: number, index: number): number {
  let x = -Math.cos((Math.PI * (index + 0.75)) / (n + 0.5))
  for (let step = 0; step < 10; step++) {
    const p = legendre(n, x)
    x -= p[n] / derivative(n, x, p)
  }
  return x
}

/**
 * The Gauss-Legendre rule with n nodes, n ≥ 2.
 * @see Golub and Welsch 1969; Hairer, Nørsett and Wanner 1993, "Solving Ordinary Differential Equations I", II.7 for collocation
 */
export function gaussLegendre(n: number): GaussLegendre {
  const nodes = Float64Array.from({ length: n }, (_, j) => node(n, j))
  const values = Array.from(nodes, (x) => legendre(n, x))
  const weights = Float64Array.from(nodes, (x, j) => 2 / ((1 - x * x) * derivative(n, x, values[j]) ** 2))
  // Each Lagrange polynomial is expanded in Legendre polynomials, whose integrals are known.
  const partial = values.map((atNode, j) =>
    Float64Array.from(nodes, (_, l) => {
      let sum = nodes[j] + 1
      for (let m = 1; m < n; m++) sum += values[l][m] * (atNode[m + 1] - atNode[m - 1])
      return (weights[l] / 2) * sum
    })
  )
  return { nodes, weights, partial }
}
