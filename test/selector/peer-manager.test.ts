import { describe, expect, it } from 'vitest'
import { peerManager } from '../../src/selector/peer-manager.ts'
import { teach, world } from './world.ts'

const claims = { models: ['m'], tokensPerSecond: 100, gpuModel: 'RTX 4090', vramGb: 24, loadRatio: 0 }

describe('the peer manager', () => {
  it('adds, scores, ranks and removes peers', async () => {
    const w = await world()
    await teach(w, 'slow', 100)
    await teach(w, 'fast', 5)
    w.manager.addPeer('new', claims)
    const best = w.manager.bestPeers(5)
    expect(best.map(({ peer }) => peer)).toHaveLength(3)
    expect(best[0]?.score).toBeGreaterThanOrEqual(best[1]?.score ?? Infinity)
    expect(w.manager.peerScore('fast')).toBeGreaterThan(w.manager.peerScore('slow') ?? Infinity)
    expect(w.manager.removePeer('slow')).toBe(true)
    expect(w.manager.removePeer('slow')).toBe(false)
    expect(w.manager.peerScore('slow')).toBeUndefined()
    expect(w.manager.peerMetrics('slow')).toBeUndefined()
    expect(w.manager.bestPeers(1)).toHaveLength(1)
  })

  it('sums the pool up', async () => {
    const w = await world()
    expect(w.manager.summary()).toMatchObject({ peers: 0, meanScore: undefined, gpus: {} })
    await teach(w, 'a', 10)
    w.manager.addPeer('b', claims)
    expect(w.manager.summary()).toMatchObject({ peers: 2, connected: 1, meanRttMs: 10, gpus: { 'RTX 4090': 1 } })
  })

  it('keeps claims apart from what was observed', async () => {
    const w = await world()
    w.manager.addPeer('a', claims)
    expect(w.manager.peerMetrics('a')).toMatchObject({ claims, outcomes: { count: 0, tokensPerSecond: undefined } })
  })

  it('refuses an algorithm that the board does not have, and a senseless n', async () => {
    const w = await world()
    expect(() => peerManager({ ...w }, { algorithm: 'best' })).toThrow('algorithm must be one of standard')
    expect(() => w.manager.bestPeers(0)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
