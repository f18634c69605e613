import fc from 'fast-check'
import { expect, it } from 'vitest'
import { leastOf } from '../../src/prediction/least-of.ts'

it('the least of some values are those that sorting finds, of equals the earlier', () => {
  const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 5 }), fc.nat({ max: 3 }), (all, n, beyond) => {
      const count = all.length
      const wanted = Math.min(n, count)
      const sorted = [...all.keys()].sort((a, b) => all[a] - all[b] || a - b).slice(0, wanted)
      const padded = Float64Array.from([...all, ...Array<number>(beyond).fill(-1)])
      expect(leastOf(padded, wanted, count)).toEqual(sorted)
    })
  )
})
