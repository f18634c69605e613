import { expect, it } from 'vitest'
import { boundedMemo } from '../../src/catalogue/bounded-memo.ts'

it('computes once for a text, also if the value is undefined, and again after it had to forget', () => {
  const memo = boundedMemo<number | undefined>(2)
  const computed: string[] = []
  const ask = (text: string, value?: number) =>
    memo(text, () => {
      computed.push(text)
      return value
    })
  expect([ask('a', 1), ask('a', 2), ask('b'), ask('b', 3)]).toEqual([1, 1, undefined, undefined])
  expect(computed).toEqual(['a', 'b'])
  expect(ask('c', 4)).toBe(4)
  expect(ask('a', 5)).toBe(5)
  expect(computed).toEqual(['a', 'b', 'c', 'a'])
})
