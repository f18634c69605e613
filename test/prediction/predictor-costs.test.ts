import { describe, expect, it } from 'vitest'
import type { Job } from '../../src/job/job.ts'
import { decisionOf, job, load, predictorWorld, send, teach } from './support.ts'

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b)

describe('costs', () => {
  const PEERS = ['a', 'b', 'c'] as const

  function taught(options: Parameters<typeof predictorWorld>[0]) {
    const w = predictorWorld(options)
    for (const [i, peer] of PEERS.entries()) teach(w, peer, { msPerToken: 10 * (i + 1) }, 5)
    return w
  }

  it('are the same whatever the seed without exploration', () => {
    const w = taught({ exploration: 0 })
    expect(w.costs(PEERS, { seed: 1 })).toEqual(w.costs(PEERS, { seed: 2 }))
    expect(w.costs(PEERS)).toEqual(ascending(w.costs(PEERS)))
  })

  it('depend on the seed alone with exploration, around those without', () => {
    const w = taught({ exploration: 1 })
    const first = w.costs(PEERS, { seed: 1 })
    w.costs(PEERS, { seed: 2 })
    expect(w.costs(PEERS, { seed: 1 })).toEqual(first)
    expect(w.costs(PEERS, { seed: 2 })).not.toEqual(first)
    const [certain] = taught({ exploration: 0 }).costs(['a'])
    const drawn = Array.from({ length: 400 }, (_, seed) => w.costs(['a'], { seed })[0])
    expect(drawn.filter((cost) => cost > certain).length / 400).toBeCloseTo(0.5, 1)
  })

  function spreadOf(w: ReturnType<typeof predictorWorld>, peer: string, asked?: Job): number {
    const costs = Array.from(
      { length: 300 },
      (_, seed) => w.costs([peer], { seed, ...(asked === undefined ? {} : { asked }) })[0]
    )
    const logs = costs.map(Math.log)
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length
    return Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length)
  }

  it('vary the more the less a peer is known', () => {
    const w = taught({ exploration: 1 })
    w.table.add('new', w.clock.wall())
    expect(spreadOf(w, 'new')).toBeGreaterThan(2 * spreadOf(w, 'c'))
  })

  it('vary little for a job that is longer than usual: a short one tells as much of the peer', () => {
    const w = taught({ exploration: 1 })
    w.table.add('new', w.clock.wall())
    const [usual, long, short] = [100, 900, 10].map((expectedOutputTokens) => spreadOf(w, 'new', job({ expectedOutputTokens })))
    expect(long).toBeLessThan(usual / 4)
    expect(long).toBeGreaterThan(0)
    expect(short).toBeLessThan(1.2 * usual)
  })

  it('vary the more the less the load of a peer is known', () => {
    const w = taught({ exploration: 1 })
    for (let i = 0; i < 60; i++) {
      w.hear('a', load({ slots: 2, running: i % 2 === 0 ? 0 : 8 }))
      w.hear('b', load({ slots: 2, running: 4 }))
      w.clock.advance(1_000)
    }
    w.clock.advance(60_000)
    expect(spreadOf(w, 'a')).toBeGreaterThan(1.3 * spreadOf(w, 'b'))
  })

  it('tell which peers are likely to be chosen next, for a while', () => {
    const w = predictorWorld({ exploration: 0 })
    const peers = [10, 20, 30, 200, 300].map((msPerToken) => {
      teach(w, `p${msPerToken}`, { msPerToken }, 3)
      return `p${msPerToken}`
    })
    const likely = () => [...peers, 'nobody'].map((peer) => w.predicts.isLikely(peer, w.clock.wall()))
    expect(likely()).toEqual(Array(6).fill(false))
    w.costs(peers)
    expect(likely()).toEqual([true, true, true, false, false, false])
    w.clock.advance(60_000)
    expect(likely()).toEqual(Array(6).fill(false))
  })

  it('are those of what the class wants', () => {
    const w = predictorWorld({
      exploration: 0,
      objectives: {
        chat: { metric: 'firstTokenMs', bestMs: 100, worstMs: 10_000 },
        whole: { metric: 'durationMs', bestMs: 100, worstMs: 100_000 }
      }
    })
    teach(w, 'prompt', { msPerToken: 40 }, 60)
    teach(w, 'swift', { msPerToken: 20, overheadMs: 600 }, 60)
    const cheapest = (workloadClass: string) => {
      const [prompt, swift] = w.costs(['prompt', 'swift'], { asked: job({ workloadClass }) })
      return prompt < swift ? 'prompt' : 'swift'
    }
    expect(cheapest('chat')).toBe('prompt')
    expect(cheapest('whole')).toBe('swift')
  })

  it('charge for what is taken from jobs that are there, unless told not to', () => {
    const costOf = (congestion: number) => {
      const objectives = { interactive: { metric: 'durationMs', bestMs: 100, worstMs: 100_000, congestion } } as const
      const w = predictorWorld({ exploration: 0, objectives })
      teach(w, 'a', { msPerToken: 20 })
      send(w, 'a')
      return { cost: w.costs(['a'])[0], ...w.predicted('a') }
    }
    const [free, charged, double] = [0, 1, 2].map(costOf)
    expect(charged.cost - free.cost).toBeGreaterThan(charged.crowdingMs)
    expect(double.cost - charged.cost).toBeCloseTo(charged.cost - free.cost, 6)
  })

  it.each([-1, NaN, Infinity])('refuse exploration of %f', (exploration) => {
    expect(() => predictorWorld({ exploration })).toThrow(/exploration must be a finite number of at least 0/)
  })
})

describe('the expected reward', () => {
  it('is within [0, 1] and falls with the pace', () => {
    const rewards = [0.1, 2, 10, 40, 150, 5_000].map((msPerToken) => {
      const w = predictorWorld()
      teach(w, 'a', { msPerToken }, 8)
      return w.reward('a')
    })
    expect(rewards).toEqual(ascending(rewards).reverse())
    expect(rewards[0]).toBeLessThanOrEqual(1)
    expect(rewards.at(-1)).toBeGreaterThanOrEqual(0)
    expect(new Set(rewards.slice(1, 5)).size).toBe(4)
  })

  it('is corrected by what rewards of the class have been over what was expected', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 30 })
    const [seen, other] = [job(), job({ workloadClass: 'batch' })]
    const before = [seen, other].map((asked) => w.reward('a', asked))
    for (let i = 0; i < 100; i++) {
      const decision = decisionOf('a', seen)
      const outcome = { ok: true, durationMs: 1, firstTokenMs: 1, outputTokens: 1 } as const
      const record = { decisionId: decision.id, atMs: w.clock.wall(), peer: 'a', inFlightAtDispatch: 0, outcome, reward: 0.7 }
      w.predicts.ended(decision, record)
    }
    // The arms had expected 0.5.
    expect(w.reward('a', seen) - before[0]).toBeGreaterThan(0.1)
    expect(w.reward('a', other)).toBe(before[1])
  })

  it('comes with a least cost, far below the expected one for a peer of which little is known', () => {
    const w = predictorWorld()
    teach(w, 'known', { msPerToken: 20 }, 60)
    const prospect = (peer: string) => w.predicts.prospect(w.table.rowOf(peer), job(), { atMs: w.clock.wall(), retries: 2 })
    w.table.observe('new', { kind: 'connected' }, w.clock.wall())
    expect(prospect('new').leastCostMs / prospect('new').costMs).toBeLessThan(0.7)
    expect(prospect('known').leastCostMs / prospect('known').costMs).toBeGreaterThan(0.91)
  })

  it('is lower for a peer that is busy', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    const alone = w.reward('a')
    send(w, 'a')
    expect(w.reward('a')).toBeLessThan(alone)
  })
})
