/** Randomness is an argument: everything that needs it takes one of these. */
export interface Rng {
  /** A uniform number in [0, 1). */
  next(): number
}

const MASK_64 = (1n << 64n) - 1n

/**
 * SplitMix64, the usual way to spread a small seed over 64 bits.
 * @see Vigna, splitmix64.c (public domain), https://prng.di.unimi.it/splitmix64.c
 */
export function splitmix64(seed: bigint): () => bigint {
  let state = seed & MASK_64
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK_64
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64
    return z ^ (z >> 31n)
  }
}

const MULTIPLIER_HIGH = 0x5851f42d
const MULTIPLIER_LOW = 0x4c957f2d

/** The high 32 bits of a × b for unsigned 32-bit a, b; the low ones are those of Math.imul. */
function highProduct32(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const cross = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0
}

export interface Pcg32 extends Rng {
  /** The next 32 bits, as an unsigned integer. */
  nextUint32(): number
}

/**
 * PCG-XSH-RR 64/32. Streams with different `stream` numbers are independent, so that every decision can have one of its own
 * and a recorded decision can be drawn again from (seed, stream).
 * @param seed 64 bits
 * @param stream 63 bits, @default 0n
 * @see O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation"
 */
export function pcg32(seed: bigint | number, stream: bigint | number = 0): Pcg32 {
  const increment = ((BigInt(stream) << 1n) | 1n) & MASK_64
  const increaseLow = Number(increment & 0xffffffffn)
  const increaseHigh = Number(increment >> 32n)
  const first = (((BigInt(seed) + increment) & MASK_64) * 6364136223846793005n + increment) & MASK_64
  let low = Number(first & 0xffffffffn)
  let high = Number(first >> 32n)

  function nextUint32(): number {
    const oldLow = low
    const oldHigh = high
    const sumLow = (Math.imul(oldLow, MULTIPLIER_LOW) >>> 0) + increaseLow
    low = sumLow >>> 0
    high =
      (highProduct32(oldLow, MULTIPLIER_LOW) +
        Math.imul(oldHigh, MULTIPLIER_LOW) +
        Math.imul(oldLow, MULTIPLIER_HIGH) +
        increaseHigh +
        (sumLow > 0xffffffff ? 1 : 0)) >>>
      0
    // xorshifted = (((old >> 18) ^ old) >> 27) & 0xffffffff
    const shiftedLow = ((oldLow >>> 18) | (oldHigh << 14)) ^ oldLow
    const shiftedHigh = (oldHigh >>> 18) ^ oldHigh
    const xorshifted = ((shiftedLow >>> 27) | (shiftedHigh << 5)) >>> 0
    const rotation = oldHigh >>> 27
    return ((xorshifted >>> rotation) | (xorshifted << (-rotation & 31))) >>> 0
  }

  return {
    nextUint32,
    // 53 bits, as a double holds: 2^-53 steps.
    next: () => ((nextUint32() >>> 5) * 67108864 + (nextUint32() >>> 6)) / 9007199254740992
  }
}

/**
 * A 64-bit seed from any words and numbers: the same parts always give the same seed. Two 32-bit FNV-1a hashes over the UTF-16 code
 * units, from different starts, finished by SplitMix64.
 */
export function seedFrom(...parts: readonly (string | number)[]): bigint {
  const text = parts.join('\u0000')
  let low = 0x811c9dc5
  let high = 0xcbf29ce4
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x01000193) + i
  }
  return splitmix64((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))()
}

/** An Rng that is not reproducible: for production defaults only. */
export const systemRng: Rng = { next: () => Math.random() }
