import type { Rng } from '../../core/rng.ts'

/**
 * Deals random subsets of the same size, each drawn anew from all, in their order: what the lookups of different routers find.
 * @param size all of them where there are no more
 */
export function subsetDealer<T>(all: readonly T[], size: number, rng: Rng): () => readonly T[] {
  if (size >= all.length) return () => all
  // Shuffled as far as a subset goes. What former draws left behind is no less random a start.
  const indices = Int32Array.from(all.keys())
  return () => {
    for (let i = 0; i < size; i++) {
      const other = i + Math.floor(rng.next() * (all.length - i))
      const taken = indices[other]
      indices[other] = indices[i]
      indices[i] = taken
    }
    return Array.from(indices.slice(0, size).sort(), (index) => all[index])
  }
}
