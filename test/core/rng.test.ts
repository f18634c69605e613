import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32, seedFrom, splitmix64, systemRng } from '../../src/core/rng.ts'
import { knownAnswer } from '../fixtures/known-answers.ts'

const vectors = knownAnswer<
  { pcg32: { seed: number; stream: number }; splitmix64: { seed: number } },
  { pcg32: string[]; splitmix64: string[] }
>('prng-vectors')

describe('pcg32', () => {
  it('gives the published numbers', () => {
    const rng = pcg32(vectors.inputs.pcg32.seed, vectors.inputs.pcg32.stream)
    const drawn = vectors.expected.pcg32.map(() => `0x${rng.nextUint32().toString(16).padStart(8, '0')}`)
    expect(drawn).toEqual(vectors.expected.pcg32)
  })

  it('stays in [0, 1) for any seed and stream', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (seed, stream) => {
        const u = pcg32(seed, stream).next()
        return u >= 0 && u < 1
      })
    )
  })

  it('fills ten equal parts of [0, 1) alike', () => {
    const rng = pcg32(7n)
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) counts[Math.floor(rng.next() * 10)] += 1
    // χ² with 9 degrees of freedom is above 27.9 once in a thousand; the seed is fixed.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(27.9)
  })

  it('gives another sequence in another stream', () => {
    expect(pcg32(1n, 1n).nextUint32()).not.toBe(pcg32(1n, 2n).nextUint32())
  })
})

describe('splitmix64', () => {
  it('gives the published numbers', () => {
    const next = splitmix64(BigInt(vectors.inputs.splitmix64.seed))
    expect(vectors.expected.splitmix64.map(() => `0x${next().toString(16).padStart(16, '0')}`)).toEqual(
      vectors.expected.splitmix64
    )
  })
})

describe('seedFrom', () => {
  it('gives the same seed for the same parts and another one for others', () => {
    expect(seedFrom('job', 1)).toBe(seedFrom('job', 1))
    expect(seedFrom('job', 1)).not.toBe(seedFrom('job', 2))
    expect(seedFrom('ab', 'c')).not.toBe(seedFrom('a', 'bc'))
  })
})

describe('systemRng', () => {
  it('stays in [0, 1)', () => {
    const u = systemRng.next()
    expect(u >= 0 && u < 1, `got ${u}`).toBe(true)
  })
})
