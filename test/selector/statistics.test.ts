import { describe, expect, it } from 'vitest'
import { SelectionStatistics } from '../../src/selector/statistics.ts'
import { job, world } from './world.ts'

describe('the statistics of a selection', () => {
  it('add up decisions and what came of them, by policy, arm and peer', async () => {
    const w = await world()
    for (const peer of ['a', 'b']) w.table.observe(peer, { kind: 'connected' }, w.clock.wall())
    const statistics = new SelectionStatistics(w.selector)
    const good = w.selector.acquire(['a'], job({ id: '1' }))
    const bad = w.selector.acquire(['b'], job({ id: '2' }))
    const left = w.selector.acquire(['a', 'b'], job({ id: '3' }))
    expect(statistics.totals).toMatchObject({ decisions: 3, inFlight: 3, cancelled: 0 })
    w.clock.advance(200)
    good.progress(1)
    w.clock.advance(800)
    await good.complete({ outputTokens: 50 })
    await bad.fail('engine')
    left.cancel()
    const { byPolicy, byPeer, byArm, ...totals } = statistics.totals
    expect(totals).toMatchObject({ decisions: 3, inFlight: 0, cancelled: 1 })
    expect(totals.decisionMicros).toBeGreaterThanOrEqual(0)
    expect(byPeer.get('a')).toEqual({
      successes: 1,
      failures: {},
      outputTokens: 50,
      durationMs: 1000,
      firstTokenMs: 200,
      reward: expect.any(Number) as number
    })
    expect(byPeer.get('b')).toMatchObject({ successes: 0, failures: { engine: 1 }, reward: 0 })
    expect(byPolicy.get('thompson')).toMatchObject({ successes: 1, failures: { engine: 1 }, outputTokens: 50 })
    expect([...byArm.values()].reduce((sum, { successes }) => sum + successes, 0)).toBe(1)
  })

  it('stop with their selector forgotten', async () => {
    const w = await world()
    w.table.observe('a', { kind: 'connected' }, w.clock.wall())
    const statistics = new SelectionStatistics(w.selector)
    statistics.stop()
    w.selector.acquire(['a'], job()).cancel()
    expect(statistics.totals.decisions).toBe(0)
  })
})
