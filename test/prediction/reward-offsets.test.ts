import { describe, expect, it } from 'vitest'
import { RewardOffsets } from '../../src/prediction/reward-offsets.ts'
import { decisionOf, job } from './support.ts'

const vote = (peer: string, expectedReward: number) => ({ arm: peer, peer, propensity: 0.5, expectedReward })

function observed(rewards: readonly number[], expected = 0.5): RewardOffsets {
  const offsets = new RewardOffsets()
  for (const reward of rewards) {
    const expectedReward = offsets.corrected('interactive', expected)
    offsets.observe(decisionOf('a', job(), { votes: [vote('b', 0), vote('a', expectedReward)] }), reward)
  }
  return offsets
}

describe('the offset of rewards', () => {
  it('is none before any outcome', () => {
    expect(new RewardOffsets().corrected('interactive', 0.3)).toBe(0.3)
  })

  it('takes off what is constantly wrong', () => {
    expect(observed(Array<number>(500).fill(0.7)).corrected('interactive', 0.5)).toBeCloseTo(0.7, 3)
    expect(observed(Array<number>(500).fill(0.2)).corrected('interactive', 0.6)).toBeCloseTo(0.3, 3)
  })

  it('is that of the workload class', () => {
    const offsets = observed(Array<number>(100).fill(1))
    expect(offsets.corrected('batch', 0.5)).toBe(0.5)
  })

  it('keeps rewards within [0, 1]', () => {
    expect(observed(Array<number>(500).fill(1)).corrected('interactive', 0.9)).toBe(1)
    expect(observed(Array<number>(500).fill(0)).corrected('interactive', 0.1)).toBe(0)
  })

  it('takes no heed of a decision that nobody voted for', () => {
    const offsets = new RewardOffsets()
    offsets.observe(decisionOf('c', job(), { votes: [vote('a', 0.5)] }), 1)
    expect(offsets.state()).toEqual([])
  })

  it('goes on from its state', () => {
    const offsets = observed([1, 0.8, 0.9])
    const fresh = new RewardOffsets()
    fresh.restore(offsets.state())
    expect(fresh.corrected('interactive', 0.4)).toBe(offsets.corrected('interactive', 0.4))
  })
})
