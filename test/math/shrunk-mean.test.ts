import { expect, it } from 'vitest'
import { ShrunkMean } from '../../src/math/shrunk-mean.ts'

it('is a mean over the expectation and the values', () => {
  const mean = new ShrunkMean(10, 2, 100)
  expect(mean.value).toBe(10)
  mean.add(4)
  expect(mean.value).toBeCloseTo((2 * 10 + 4) / 3, 12)
  mean.add(1, 0.5)
  expect(mean.state()).toEqual([expect.closeTo((2 * 10 + 4 + 0.5) / 3.5, 12), 3.5])
})

it('is over the last values once there are many', () => {
  const mean = new ShrunkMean(0, 1, 4)
  for (let i = 0; i < 100; i++) mean.add(8)
  mean.add(0)
  expect(mean.value).toBeCloseTo(6, 9)
  expect(mean.state()[1]).toBe(4)
})

it('goes on from its state', () => {
  const mean = new ShrunkMean(0, 1, 10)
  mean.restore([2, 3])
  mean.add(6)
  expect(mean.value).toBe(3)
})
