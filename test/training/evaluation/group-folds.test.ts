import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { cardOf } from '../../../src/training/evaluation/card.ts'
import { groupFolds, splitByTime } from '../../../src/training/evaluation/group-folds.ts'
import { GPU_NAMES } from './rows.ts'

describe('folds by group', () => {
  it('no card stands on both sides, under whatever name', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...GPU_NAMES), { minLength: 40 }),
        fc.integer({ min: 2, max: 3 }),
        fc.nat(),
        (names, folds, seed) => {
          const cards = names.map((gpu) => cardOf({ gpu }))
          fc.pre(new Set(cards).size >= folds)
          const foldOf = groupFolds(cards, { folds, rng: pcg32(seed) })
          for (let fold = 0; fold < folds; fold++) {
            const held = new Set(cards.filter((card) => foldOf.get(card) === fold))
            const training = new Set(cards.filter((card) => foldOf.get(card) !== fold))
            expect(held.size).toBeGreaterThan(0)
            expect([...held].filter((card) => training.has(card))).toEqual([])
          }
        }
      )
    )
  })

  it('have as many groups each, within one, and are the same for the same seed', () => {
    const groups = Array.from({ length: 23 }, (_, i) => `g${i}`)
    const folds = groupFolds([...groups, ...groups], { rng: pcg32(3) })
    const sizes = [0, 1, 2, 3, 4].map((fold) => [...folds.values()].filter((of) => of === fold).length)
    expect(sizes).toEqual([5, 5, 5, 4, 4])
    expect(groupFolds(groups.toReversed(), { rng: pcg32(3) })).toEqual(folds)
    expect(groupFolds(groups, { rng: pcg32(4) })).not.toEqual(folds)
  })

  it('refuses fewer groups than folds', () => {
    expect(() => groupFolds(['a', 'b', 'a'], { folds: 3, rng: pcg32(1) })).toThrow(
      'folds must be at most the number of groups, 2, got 3'
    )
  })
})

describe('a split by time', () => {
  it('holds the latest back', () => {
    expect(splitByTime([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toEqual({ training: [1, 2, 3, 4, 5, 6, 7, 8], held: [9, 10] })
    expect(splitByTime([1, 2], 1)).toEqual({ training: [], held: [1, 2] })
    expect(() => splitByTime([1], NaN)).toThrow('share')
  })
})
