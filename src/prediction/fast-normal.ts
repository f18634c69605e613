/**
 * Numbers near enough to a standard normal for choosing among many candidates, within ±3.5: four random bytes added up.
 * @param seed 32 bits; the same seed gives the same numbers
 * @see the bits are those of Mulberry32, Tommy Ettinger 2017 (public domain)
 */
export function fastNormal(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    z ^= z >>> 14
    return ((z & 255) + ((z >>> 8) & 255) + ((z >>> 16) & 255) + (z >>> 24) - MEAN) / DEVIATION
  }
}

const MEAN = 4 * 127.5
const DEVIATION = Math.sqrt((4 * (256 ** 2 - 1)) / 12)
