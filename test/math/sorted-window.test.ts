import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SortedWindow } from '../../src/math/sorted-window.ts'

it('holds the last numbers in order, and knows in which order they came', () => {
  const numbers = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), numbers, (capacity, values) => {
      const window = new SortedWindow(capacity)
      for (const value of values) window.add(value)
      const last = values.slice(-capacity)
      expect(window.values()).toEqual(last)
      expect(window.count).toBe(last.length)
      const sorted = Array.from({ length: window.count }, (_, i) => window.smallest(i + 1))
      // -0 and 0 are equal, in any order.
      expect(sorted.map((value) => value + 0)).toEqual(last.map((value) => value + 0).sort((a, b) => a - b))
    })
  )
})

it.each([0, 1.5, NaN])('needs a capacity of at least one: %d', (capacity) => {
  expect(() => new SortedWindow(capacity)).toThrow('capacity must be an integer')
})
