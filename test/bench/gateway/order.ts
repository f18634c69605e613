import { pcg32, seedFrom } from '../../../src/core/rng.ts'

/** In which order contestants have their turn in a round: by chance, the same for the same seed. */
export function turnsOf<T>(contestants: readonly T[], seed: number, round: number): T[] {
  const rng = pcg32(seedFrom('gateway bench', seed), round)
  const turns = [...contestants]
  for (let last = turns.length - 1; last > 0; last--) {
    const other = Math.floor(rng.next() * (last + 1))
    ;[turns[last], turns[other]] = [turns[other], turns[last]]
  }
  return turns
}
