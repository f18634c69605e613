import { describe, expect, it } from 'vitest'
import { voteAgreement } from '../../src/experiment/agreement.ts'

function decision(...peers: readonly string[]) {
  return { votes: peers.map((peer, index) => ({ arm: `arm-${index}`, peer, propensity: 1 / peers.length, expectedReward: 0.5 })) }
}

describe('voteAgreement', () => {
  it('counts the decisions in which all the arms mean the same peer', () => {
    const decisions = [decision('a', 'a', 'b'), decision('a', 'b', 'b'), decision('c', 'c', 'c'), decision('a', 'a', 'a')]
    expect(voteAgreement(decisions, ['arm-0', 'arm-1', 'arm-2'])).toEqual({
      algorithms: 3,
      decisions: 4,
      topShare: 0.5,
      meanDistinct: 1.5
    })
  })

  it('looks only at the arms that it is asked about', () => {
    expect(voteAgreement([decision('a', 'a', 'b')], ['arm-0', 'arm-1']).topShare).toBe(1)
  })

  it('says nothing without decisions', () => {
    expect(voteAgreement([{ votes: [] }], ['arm-0'])).toEqual({ algorithms: 1, decisions: 0, topShare: null, meanDistinct: null })
  })
})
