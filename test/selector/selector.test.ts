import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPeerbanditError } from '../../src/core/errors.ts'
import { pcg32 } from '../../src/core/rng.ts'
import type { Lease } from '../../src/selector/lease.ts'
import { job, teach, world } from './world.ts'

type World = Awaited<ReturnType<typeof world>>

async function act(w: World, step: 'acquire' | 'complete' | 'fail' | 'cancel', open: Lease[]): Promise<void> {
  if (step === 'acquire') {
    const full = open.length === 4
    const acquire = () => open.push(w.selector.acquire(['a', 'b'], job()))
    if (full) expect(acquire).toThrow(expect.objectContaining({ code: 'ERR_NO_ELIGIBLE_PEER' }))
    else attempt(acquire)
    return
  }
  const lease = open.shift()
  if (step === 'complete') await lease?.complete({ outputTokens: 1 })
  if (step === 'fail') await lease?.fail('timeout')
  if (step === 'cancel') lease?.cancel()
}

/** With places left a peer may still cool down; nothing else may go wrong. */
function attempt(acquire: () => void): void {
  try {
    acquire()
  } catch (error) {
    if (!isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) throw error
  }
}

describe('the selector', () => {
  it('leads a job through decision, lease and outcome, and keeps both in the journal', async () => {
    const w = await world()
    await teach(w, 'a', 10, 1)
    const [decision] = await Array.fromAsync(w.journal.decisions())
    const [outcome] = await Array.fromAsync(w.journal.outcomes())
    expect(decision).toMatchObject({ jobId: 'teach-a-0', peer: 'a', attempt: 1, policy: 'thompson', candidateCount: 1 })
    expect(decision?.votes).toHaveLength(10)
    expect(decision?.votes.at(-1)?.arm).toBe('predictive')
    expect(outcome).toMatchObject({ decisionId: decision?.id, peer: 'a', inFlightAtDispatch: 0 })
    expect(outcome?.outcome).toEqual({ ok: true, durationMs: 1000, firstTokenMs: 10, outputTokens: 100 })
    // 1000 ms for 105 work tokens, between 3 and 300 ms a token on a log scale
    expect(outcome?.reward).toBeCloseTo(Math.log(300 / (1000 / 105)) / Math.log(100), 12)
  })

  it('writes down what is known of the peer that it chose: as claimed, and as seen', async () => {
    const w = await world()
    await teach(w, 'a', 10, 1)
    const load = { slots: 8, running: 2, queued: 1, tokensPerSecond: 0 }
    w.table.observe('a', { kind: 'load', load }, w.clock.wall())
    const claims = { models: ['m'], tokensPerSecond: 0, gpuModel: 'RTX 4090', vramGb: 24, loadRatio: 0 }
    w.table.observe('a', { kind: 'claims', claims }, w.clock.wall())
    const { decision } = w.selector.acquire(['a'], job())
    expect(decision.known).toEqual({
      gpu: 'RTX 4090',
      vramGb: 24,
      rttMs: 10,
      jitterMs: 0,
      uptimeRatio: 1,
      slots: 8,
      running: 2,
      queued: 1,
      outcomes: 1,
      seenTokensPerSecond: 100
    })
    expect((await Array.fromAsync(w.journal.decisions())).at(-1)).toEqual(decision)
  })

  it('logs propensities that are a distribution, and the marginal one of the chosen peer', async () => {
    const w = await world()
    for (const [peer, ms] of [
      ['a', 5],
      ['b', 20],
      ['c', 50]
    ] as const)
      await teach(w, peer, ms)
    for (let i = 0; i < 20; i++) {
      const { decision } = w.selector.acquire(['a', 'b', 'c'], job({ id: `j${i}` }))
      const total = decision.votes.reduce((sum, vote) => sum + vote.propensity, 0)
      const marginal = decision.votes
        .filter((vote) => vote.peer === decision.peer)
        .reduce((sum, vote) => sum + vote.propensity, 0)
      expect(total, `decision ${i}`).toBeCloseTo(1, 12)
      expect(decision.peerPropensity, `decision ${i}`).toBeCloseTo(marginal, 12)
      expect(decision.votes.find((vote) => vote.arm === decision.arm)?.peer, `decision ${i}`).toBe(decision.peer)
    }
  })

  it('draws from the logged seed and stream, so that a decision can be drawn again', async () => {
    const w = await world()
    await teach(w, 'a', 5)
    const { draw } = w.selector.acquire(['a'], job()).decision
    expect(pcg32(BigInt(draw.seed), BigInt(draw.stream)).next()).toBe(draw.u)
  })

  it('makes the same decisions again from the same seed and history', async () => {
    const run = async () => {
      const w = await world()
      for (const [peer, ms] of [
        ['a', 5],
        ['b', 7],
        ['c', 9]
      ] as const)
        await teach(w, peer, ms)
      return Array.from({ length: 20 }, (_, i) => w.selector.acquire(['a', 'b', 'c'], job({ id: `j${i}` })).decision)
    }
    expect(await run()).toEqual(await run())
  })

  it('never exceeds the limit of jobs in flight, whatever the order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('acquire', 'complete', 'fail', 'cancel'), { maxLength: 60 }), async (steps) => {
        const w = await world({ health: { maxInFlightPerPeer: 2, coolDownMs: 10 } })
        for (const peer of ['a', 'b']) await teach(w, peer, 10, 1)
        const open: Lease[] = []
        for (const step of steps) {
          w.clock.advance(20)
          await act(w, step, open)
          for (const peer of ['a', 'b']) {
            const inFlight = w.table.inFlight(w.table.rowOf(peer))
            expect(inFlight).toBe(open.filter((held) => held.peer === peer).length)
            expect(inFlight).toBeLessThanOrEqual(2)
          }
        }
      }),
      { numRuns: 40 }
    )
  })

  it('says for each candidate why there is no eligible peer', async () => {
    const w = await world({ health: { maxInFlightPerPeer: 1 } })
    await teach(w, 'a', 10)
    w.selector.acquire(['a'], job())
    expect(() => w.selector.acquire(['a', 'ghost'], job({ id: 'j2' }))).toThrow(
      expect.objectContaining({
        code: 'ERR_NO_ELIGIBLE_PEER',
        message: 'no eligible peer for job j2 (model m): of 2 candidates 1 at-limit, 1 unknown-peer'
      })
    )
    expect(() => w.selector.acquire([], job())).toThrow('there are no candidates')
  })

  it('refuses a job that makes no sense, naming the field', async () => {
    const w = await world()
    await teach(w, 'a', 10)
    expect(() => w.selector.acquire(['a'], job({ promptTokens: NaN }))).toThrow('job.promptTokens')
    expect(() => w.selector.acquire(['a'], job({ deadlineMs: 0 }))).toThrow('job.deadlineMs')
  })

  it('gives a cold start to everybody once before anybody gets a second job', async () => {
    const w = await world({ health: { maxProbesInFlight: 10 } })
    const peers = ['a', 'b', 'c', 'd']
    for (const peer of peers) w.table.add(peer, w.clock.wall())
    const chosen = peers.map((_, i) => w.selector.acquire(peers, job({ id: `j${i}` })).peer)
    expect(new Set(chosen).size).toBe(4)
  })

  it('does not refuse work when every peer is new and busy with its first job', async () => {
    const w = await world()
    w.table.add('a', w.clock.wall())
    w.selector.acquire(['a'], job())
    expect(w.selector.acquire(['a'], job({ id: 'second' })).peer).toBe('a')
  })

  it('learns: a peer that is five times faster ends up with most of the jobs', async () => {
    const w = await world({ health: { maxInFlightPerPeer: 1 } })
    const speed: Record<string, number> = { slow: 50, fast: 10, medium: 30 }
    for (const peer of Object.keys(speed)) await teach(w, peer, speed[peer] ?? 0)
    const counts: Record<string, number> = {}
    for (let i = 0; i < 300; i++) {
      const lease = w.selector.acquire(Object.keys(speed), job({ id: `j${i}` }))
      counts[lease.peer] = (counts[lease.peer] ?? 0) + 1
      w.clock.advance((speed[lease.peer] ?? 0) * 100)
      lease.progress(1)
      await lease.complete({ outputTokens: 100 })
    }
    expect(counts['fast']).toBeGreaterThan(200)
  })
})

describe('a lease', () => {
  it('ends once', async () => {
    const w = await world()
    await teach(w, 'a', 10)
    const lease = w.selector.acquire(['a'], job())
    await lease.complete({ outputTokens: 1 })
    expect(() => lease.complete({ outputTokens: 1 })).toThrow(expect.objectContaining({ code: 'ERR_LEASE_ENDED' }))
    expect(() => lease.fail('timeout')).toThrow(expect.objectContaining({ code: 'ERR_LEASE_ENDED' }))
    lease[Symbol.dispose]()
    expect(w.journal.lastSequence()).toBe(4)
  })

  it('that is dropped is a failure, but nobody is blamed', async () => {
    const w = await world()
    await teach(w, 'a', 10)
    w.selector.acquire(['a'], job({ id: 'dropped' }))[Symbol.dispose]()
    const last = (await Array.fromAsync(w.journal.outcomes())).at(-1)
    expect(last).toMatchObject({ reward: 0, outcome: { ok: false, reason: 'abandoned' } })
    expect(w.selector.acquire(['a'], job()).peer).toBe('a')
  })

  it('that is cancelled leaves no outcome and gives the place back', async () => {
    const w = await world()
    await teach(w, 'a', 10)
    const before = w.journal.lastSequence()
    w.selector.acquire(['a'], job()).cancel()
    expect(w.journal.lastSequence()).toBe(before)
    expect(w.table.inFlight(w.table.rowOf('a'))).toBe(0)
  })

  it('refuses a token count that is no number, and stays open', async () => {
    const w = await world()
    await teach(w, 'a', 10)
    const lease = w.selector.acquire(['a'], job())
    expect(() => lease.complete({ outputTokens: NaN })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    await lease.complete({ outputTokens: 5 })
  })
})
