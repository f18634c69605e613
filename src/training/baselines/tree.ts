import { type Bins, MAX_BINS } from './tree-bins.ts'

export interface TreeOptions {
  /** Splits from the root to a leaf, ≥ 1. */
  readonly depth: number
  /** Weight of a leaf, at least. */
  readonly leastWeight: number
}

/** What a leaf is made of. */
export interface TreeTargets {
  /** What the splits explain: residuals, or their signs. */
  readonly gradients: Float64Array
  readonly weights: ArrayLike<number>
  /** What a leaf of these rows says. */
  readonly leaf: (rows: readonly number[]) => number
}

/** Goes left where the feature is at most the cut. */
export type Tree = { readonly value: number } | Split

interface Split {
  readonly feature: number
  readonly cut: number
  readonly left: Tree
  readonly right: Tree
}

interface Cut {
  readonly feature: number
  /** Bins up to this one go left. */
  readonly bin: number
  readonly gain: number
}

/** The cut that leaves the least squares; undefined where none leaves less. Of equal ones the first, so that trees are reproducible. */
function bestCut(bins: Bins, rows: readonly number[], targets: TreeTargets, leastWeight: number): Cut | undefined {
  const [sums, weights] = [new Float64Array(MAX_BINS), new Float64Array(MAX_BINS)]
  let best: Cut | undefined
  for (let feature = 0; feature < bins.width; feature++) {
    if (bins.cuts[feature].length === 0) continue
    sums.fill(0)
    weights.fill(0)
    for (const i of rows) {
      const bin = bins.columns[feature * bins.count + i]
      sums[bin] += targets.weights[i] * targets.gradients[i]
      weights[bin] += targets.weights[i]
    }
    const cut = bestBin(sums, weights, bins.cuts[feature].length, leastWeight)
    if (cut !== undefined && cut.gain > (best?.gain ?? 1e-9)) best = { feature, ...cut }
  }
  return best
}

/** Between two bins of a feature. Squares fall by S₁²/W₁ + S₂²/W₂ − S²/W. */
function bestBin(
  sums: Float64Array,
  weights: Float64Array,
  cuts: number,
  leastWeight: number
): Pick<Cut, 'bin' | 'gain'> | undefined {
  const [sum, weight] = [total(sums), total(weights)]
  let best: Pick<Cut, 'bin' | 'gain'> | undefined
  let [left, leftWeight] = [0, 0]
  for (let bin = 0; bin < cuts; bin++) {
    left += sums[bin]
    leftWeight += weights[bin]
    const [right, rightWeight] = [sum - left, weight - leftWeight]
    if (leftWeight < leastWeight || rightWeight < leastWeight) continue
    const gain = left ** 2 / leftWeight + right ** 2 / rightWeight - sum ** 2 / weight
    if (gain > (best?.gain ?? 0)) best = { bin, gain }
  }
  return best
}

function total(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

/** A tree over some rows, at least one. */
export function growTree(bins: Bins, rows: readonly number[], targets: TreeTargets, { depth, leastWeight }: TreeOptions): Tree {
  const cut = depth === 0 ? undefined : bestCut(bins, rows, targets, leastWeight)
  if (cut === undefined) return { value: targets.leaf(rows) }
  const goesLeft = (i: number) => bins.columns[cut.feature * bins.count + i] <= cut.bin
  const below = { depth: depth - 1, leastWeight }
  return {
    feature: cut.feature,
    cut: bins.cuts[cut.feature][cut.bin],
    left: growTree(bins, rows.filter(goesLeft), targets, below),
    right: growTree(
      bins,
      rows.filter((i) => !goesLeft(i)),
      targets,
      below
    )
  }
}

export function treeValue(tree: Tree, features: Float32Array): number {
  let node = tree
  while (!('value' in node)) node = features[node.feature] <= node.cut ? node.left : node.right
  return node.value
}
