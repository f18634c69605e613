import { expect, it } from 'vitest'
import { setLatest } from '../../src/core/latest.ts'

it('keeps the latest entries of a map, the last one at the end', () => {
  const map = new Map<string, number>()
  for (const [i, key] of ['a', 'b', 'a', 'c', 'd'].entries()) setLatest(map, key, i, 3)
  expect([...map]).toEqual([
    ['a', 2],
    ['c', 3],
    ['d', 4]
  ])
})
