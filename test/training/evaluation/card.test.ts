import { describe, expect, it } from 'vitest'
import { cardOf } from '../../../src/training/evaluation/card.ts'

describe('the card of a query', () => {
  it.each([
    ['nvidia geforce rtx 3060', ['RTX 3060 12GB', 'NVIDIA GeForce RTX 3060', 'rtx3060', 'GeForce RTX 3060 12 GB', '2x RTX 3060']],
    ['nvidia geforce rtx 4060 ti', ['RTX 4060 Ti 8GB', 'NVIDIA GeForce RTX 4060 Ti 16GB', '4060 ti']],
    ['nvidia a100 sxm4', ['NVIDIA A100-SXM4-80GB', 'A100 SXM4 40 GB', 'Nvidia A100 GPU']],
    ['nvidia geforce rtx 4060 laptop gpu', ['NVIDIA GeForce RTX 4060 Laptop GPU', 'RTX 4060 Mobile']],
    ['nvidia geforce rtx 4090 d', ['RTX 4090 D']],
    ['apple m4 max', ['Apple M4 Max 12P+4E+40GPU', 'M4 Max 32-core GPU', 'Apple M4 Max']],
    ['amd radeon rx 7800 xt', ['AMD  Radeon RX 7800 XT', 'rx7800xt']],
    ['unknown', ['', '   ', 'GPU']]
  ])('is %s', (card, names) => {
    expect(names.map((gpu) => cardOf({ gpu }))).toEqual(names.map(() => card))
  })

  it('is one whatever memory is reported beside the name', () => {
    const cards = [8, 12, undefined].map((vramGb) => cardOf({ gpu: 'RTX 3060', ...(vramGb === undefined ? {} : { vramGb }) }))
    expect(new Set(cards).size).toBe(1)
  })

  it('of a GPU that nobody knows is its name without what does not matter', () => {
    expect(cardOf({ gpu: 'NVIDIA GeForce RTX 9990 96GB' })).toBe(cardOf({ gpu: 'rtx9990' }))
    expect(cardOf({ gpu: 'RTX 9990 Laptop GPU' })).not.toBe(cardOf({ gpu: 'RTX 9990' }))
  })

  it('is missing where there is no name', () => {
    expect(cardOf({})).toBe('unknown')
  })
})
