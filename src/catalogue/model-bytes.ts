import type { ModelFacts } from './model-name.ts'

const BITS_PER_BYTE = 8
const BILLION = 1e9

function bytes(paramsB: number | undefined, bitsPerWeight: number | undefined): number | undefined {
  if (paramsB === undefined || bitsPerWeight === undefined) return undefined
  return (paramsB * BILLION * bitsPerWeight) / BITS_PER_BYTE
}

/** Bytes of all weights: what has to fit into memory beside the context. Undefined if the parameters or the bits are. */
export function modelBytes({ paramsB, bitsPerWeight }: Pick<ModelFacts, 'paramsB' | 'bitsPerWeight'>): number | undefined {
  return bytes(paramsB, bitsPerWeight)
}

/** Bytes of the weights that are read for each token of one job. Undefined if the active parameters or the bits are. */
export function activeBytes({
  activeParamsB,
  bitsPerWeight
}: Pick<ModelFacts, 'activeParamsB' | 'bitsPerWeight'>): number | undefined {
  return bytes(activeParamsB, bitsPerWeight)
}
