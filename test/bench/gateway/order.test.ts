import fc from 'fast-check'
import { expect, it } from 'vitest'
import { turnsOf } from './order.ts'

const ALL = ['direct', 'peerbandit', 'portkey', 'litellm']

it('gives everybody one turn, in the same order for the same seed and round', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(1000), (seed, round) => {
      const turns = turnsOf(ALL, seed, round)
      expect(turns.toSorted()).toEqual(ALL.toSorted())
      expect(turnsOf(ALL, seed, round)).toEqual(turns)
    })
  )
})

it('puts each first about as often', () => {
  const firsts = Array.from({ length: 4000 }, (_, round) => turnsOf(ALL, 1, round)[0])
  for (const name of ALL) expect(firsts.filter((first) => first === name).length).toBeGreaterThan(850)
})
