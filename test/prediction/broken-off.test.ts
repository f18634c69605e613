import { describe, expect, it } from 'vitest'
import { BrokenOff } from '../../src/prediction/broken-off.ts'

const HALF_LIFE_MS = 600_000

describe('failures that a departure explains', () => {
  it('are those of connections, once the peer is back', () => {
    const brokenOff = new BrokenOff()
    for (const reason of ['disconnected', 'unreachable', 'engine', 'timeout', 'protocol'] as const) brokenOff.failed(reason)
    expect(brokenOff.weight(1_000)).toBe(0)
    brokenOff.returned(1_000)
    expect(brokenOff.weight(1_000)).toBe(2)
  })

  it('count for less with time, as the outcomes do, and add up', () => {
    const brokenOff = new BrokenOff()
    brokenOff.failed('disconnected')
    brokenOff.returned(0)
    brokenOff.failed('disconnected')
    brokenOff.returned(HALF_LIFE_MS)
    expect(brokenOff.weight(HALF_LIFE_MS)).toBe(1.5)
    expect(brokenOff.weight(2 * HALF_LIFE_MS)).toBe(0.75)
  })
})
