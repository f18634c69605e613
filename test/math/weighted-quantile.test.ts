import { describe, expect, it } from 'vitest'
import { weightedMedian, weightedQuantile } from '../../src/math/weighted-quantile.ts'

describe('the weighted median', () => {
  it.each([
    [[3, 1, 2], [1, 1, 1], 2],
    [[3, 1, 2], [5, 1, 1], 3],
    [[], [], 0]
  ])('of %j with weights %j is %d', (values, weights, expected) => {
    expect(weightedMedian(values, weights)).toBe(expected)
  })
})

describe('the weighted quantile', () => {
  it.each([
    [[3, 1, 2], [1, 1, 1], 0, 1],
    [[3, 1, 2], [1, 1, 1], 0.5, 2],
    [[3, 1, 2], [1, 1, 1], 1, 3],
    [[3, 1, 2], [1, 8, 1], 0.8, 1],
    [[3, 1, 2], [1, 7, 2], 0.8, 2],
    [[], [], 0.8, 0]
  ])('of %j with weights %j at %d is %d', (values, weights, level, expected) => {
    expect(weightedQuantile(values, weights, level)).toBe(expected)
  })
})
