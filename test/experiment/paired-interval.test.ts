import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { pairedInterval } from '../../src/experiment/paired-interval.ts'

/** Uniform noise around a mean; with `memory` near 1 neighbours are alike, as jobs in one queue are. */
function noise(seed: number, length: number, memory = 0): readonly number[] {
  const rng = pcg32(seed)
  let last = 0
  return Array.from({ length }, () => (last = memory * last + (rng.next() - 0.5)))
}

function coverage(memory: number): number {
  const runs = 200
  let covered = 0
  for (let run = 0; run < runs; run++) {
    const { low, high } = pairedInterval(noise(run, 400, memory), pcg32(1, run), { samples: 400 })
    if (low <= 0 && high >= 0) covered += 1
  }
  return covered / runs
}

describe('pairedInterval', () => {
  it('is the mean with an interval around it', () => {
    const { estimate, low, high } = pairedInterval([-3, -1, -2, -2, -4, 0, -2, -2], pcg32(1))
    expect(estimate).toBe(-2)
    expect(low).toBeLessThan(-2)
    expect(high).toBeGreaterThan(-2)
  })

  it('has no width when all differences are alike', () => {
    expect(pairedInterval([5, 5, 5, 5, 5], pcg32(1))).toEqual({ estimate: 5, low: 5, high: 5 })
  })

  it('holds the truth about as often as it says when jobs are independent', () => {
    expect(coverage(0)).toBeGreaterThan(0.9)
  })

  it('still mostly holds it when neighbouring jobs are alike', () => {
    // An interval over single jobs holds it in a third of such runs.
    expect(coverage(0.9)).toBeGreaterThan(0.75)
  })

  it('draws as many samples as it is told to', () => {
    const differences = noise(3, 50)
    expect(pairedInterval(differences, pcg32(1), { samples: 100 })).not.toEqual(pairedInterval(differences, pcg32(1)))
  })

  it('refuses nothing, and too few samples', () => {
    expect(() => pairedInterval([], pcg32(1))).toThrow('values must hold at least one number, got none')
    expect(() => pairedInterval([1], pcg32(1), { samples: 10 })).toThrow('samples must be an integer of at least 100, got 10')
  })
})
