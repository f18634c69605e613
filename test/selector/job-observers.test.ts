import { describe, expect, it } from 'vitest'
import type { Ranker } from '../../src/peer/ranker.ts'
import type { LoadReport } from '../../src/job/outcome.ts'
import { emptyForecast } from '../../src/prediction/forecast.ts'
import { createSelection } from '../../src/selector/selection.ts'
import { perTokenRanker } from '../../src/scoring/per-token.ts'
import { job, teach, world } from './world.ts'

const LOAD: LoadReport = { slots: 6, running: 3, queued: 1, tokensPerSecond: 40 }

/** The per-token rule, and everything that it hears of jobs. */
function listening() {
  const heard: unknown[][] = []
  const ranker: Ranker = {
    ...perTokenRanker(),
    jobs: {
      dispatched: (decision) => heard.push(['dispatched', decision.jobId]),
      progressed: (decision, tokens, atMs) => heard.push(['progressed', decision.jobId, tokens, atMs]),
      ended: (decision, record) => heard.push(['ended', decision.jobId, record?.outcome.ok])
    }
  }
  return { heard, rankers: () => [ranker] }
}

async function heardOf(act: (w: Awaited<ReturnType<typeof world>>) => Promise<void> | void) {
  const { heard, rankers } = listening()
  const w = await world({ policy: 'fixed:per-token', rankers })
  w.table.add('a', w.clock.wall())
  await act(w)
  return { heard, w }
}

describe('an observer of jobs', () => {
  it('hears once of the dispatch, of each piece and of the end', async () => {
    const { heard, w } = await heardOf(async ({ selector, clock }) => {
      const lease = selector.acquire(['a'], job({ id: 'j' }))
      clock.advance(30)
      lease.progress(4)
      clock.advance(20)
      lease.progress(0)
      await lease.complete({ outputTokens: 4 })
    })
    const startMs = w.clock.wall() - 50
    expect(heard).toEqual([
      ['dispatched', 'j'],
      ['progressed', 'j', 4, startMs + 30],
      ['progressed', 'j', 0, startMs + 50],
      ['ended', 'j', true]
    ])
  })

  it.each<[string, (w: Awaited<ReturnType<typeof world>>) => Promise<void> | void, boolean | undefined]>([
    ['fails', ({ selector }) => selector.acquire(['a'], job({ id: 'j' })).fail('timeout'), false],
    [
      'is dropped',
      ({ selector }) => {
        selector.acquire(['a'], job({ id: 'j' }))[Symbol.dispose]()
      },
      false
    ],
    [
      'is cancelled',
      ({ selector }) => {
        selector.acquire(['a'], job({ id: 'j' })).cancel()
      },
      undefined
    ]
  ])('hears once of the end of a job that %s', async (_, act, ok) => {
    const { heard } = await heardOf(act)
    expect(heard).toEqual([
      ['dispatched', 'j'],
      ['ended', 'j', ok]
    ])
  })

  it('hears no more than once when a lease is ended again, or goes on after its end', async () => {
    const { heard } = await heardOf(async ({ selector }) => {
      const lease = selector.acquire(['a'], job({ id: 'j' }))
      await lease.complete({ outputTokens: 1 })
      for (const again of [() => lease.complete({ outputTokens: 1 }), () => lease.fail('engine'), () => lease.cancel()]) {
        expect(again).toThrow(expect.objectContaining({ code: 'ERR_LEASE_ENDED' }) as Error)
      }
      expect(() => {
        lease.progress(1)
      }).toThrow(expect.objectContaining({ code: 'ERR_LEASE_ENDED' }) as Error)
      lease[Symbol.dispose]()
    })
    expect(heard.map(([kind]) => kind)).toEqual(['dispatched', 'ended'])
  })

  it('hears of jobs whose peer has gone meanwhile', async () => {
    const { heard } = await heardOf(async ({ selector, table }) => {
      const lease = selector.acquire(['a'], job({ id: 'j' }))
      table.remove('a')
      lease.progress(3, LOAD)
      expect(table.has('a'), 'what comes late brings nobody back').toBe(false)
      await lease.fail('disconnected')
    })
    expect(heard.map(([kind]) => kind)).toEqual(['dispatched', 'progressed', 'ended'])
  })

  it('hears the ends that are read back from the journal', async () => {
    const { heard, rankers } = listening()
    const options = { policy: 'fixed:per-token', rankers } as const
    const w = await world(options)
    await teach(w, 'a', 10, 2)
    const before = heard.splice(0).filter(([kind]) => kind === 'ended')
    await createSelection({ clock: w.clock, journal: w.journal }, { seed: 7n, ...options }).learned?.restore()
    expect(heard).toEqual(before)
    expect(before).toHaveLength(2)
  })
})

describe('progress of a lease', () => {
  it('marks the first token with its first call', async () => {
    const w = await world()
    w.table.add('a', w.clock.wall())
    const lease = w.selector.acquire(['a'], job())
    for (const ms of [70, 30, 100]) {
      w.clock.advance(ms)
      lease.progress(5)
    }
    await lease.complete({ outputTokens: 15 })
    const [record] = await Array.fromAsync(w.journal.outcomes())
    expect(record.outcome).toEqual({ ok: true, durationMs: 200, firstTokenMs: 70, outputTokens: 15 })
  })

  it.each([-1, NaN, Infinity])('of %f tokens is refused, and nobody hears of it', async (tokens) => {
    const { heard } = await heardOf(async ({ selector, clock }) => {
      const lease = selector.acquire(['a'], job())
      expect(() => {
        lease.progress(tokens)
      }).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining('tokens') as string }) as Error
      )
      clock.advance(40)
      lease.progress(1)
      await lease.complete({ outputTokens: 1 })
    })
    expect(heard.filter(([kind]) => kind === 'progressed')).toHaveLength(1)
  })

  it('brings a load report to the table at once, and only with tokens that have one', async () => {
    const w = await world()
    w.table.add('a', w.clock.wall())
    const lease = w.selector.acquire(['a'], job())
    const loadOf = () => w.table.evidence(w.table.rowOf('a'), w.clock.wall()).load
    lease.progress(1)
    expect(loadOf()).toBeUndefined()
    w.clock.advance(100)
    lease.progress(1, LOAD)
    expect(loadOf()).toEqual({ ...LOAD, ageMs: 0 })
    w.clock.advance(100)
    lease.progress(1)
    expect(loadOf()).toEqual({ ...LOAD, ageMs: 100 })
  })
})

describe('the predictor of a selection', () => {
  type Known = Pick<Awaited<ReturnType<typeof world>>, 'predictor' | 'table'>

  function expectedMs({ predictor, table }: Known, peer: string, atMs: number): number {
    const into = emptyForecast()
    predictor.predict(table.rowOf(peer), job(), atMs, into)
    return into.durationMs
  }

  it('hears of a job while it runs: its peer is expected to be slower, and free when it has ended', async () => {
    const w = await world()
    await teach(w, 'a', 20, 5)
    const expected = () => expectedMs(w, 'a', w.clock.wall())
    const idleMs = expected()
    const lease = w.selector.acquire(['a'], job({ expectedOutputTokens: 400 }))
    expect(expected()).toBeGreaterThan(idleMs)
    lease.cancel()
    expect(expected()).toBe(idleMs)
  })

  it('learns from the journal what it had learned from the outcomes', async () => {
    const w = await world()
    await teach(w, 'fast', 5, 8)
    await teach(w, 'slow', 80, 8)
    const again = createSelection({ clock: w.clock, journal: w.journal }, { seed: 7n })
    await again.learned?.restore()
    const nowMs = w.clock.wall()
    expect(expectedMs(again, 'slow', nowMs)).toBeGreaterThan(2 * expectedMs(again, 'fast', nowMs))
    for (const peer of ['fast', 'slow']) {
      expect(Math.abs(Math.log(expectedMs(again, peer, nowMs) / expectedMs(w, peer, nowMs))), peer).toBeLessThan(0.5)
    }
  })

  it('comes back with the snapshot', async () => {
    const w = await world()
    await teach(w, 'a', 5, 8)
    w.clock.advance(300_000)
    const before = expectedMs(w, 'a', w.clock.wall())
    await w.learned?.checkpoint()
    const again = createSelection({ clock: w.clock, journal: w.journal }, { seed: 7n })
    await again.learned?.restore()
    expect(again.predictor.snapshot().peers.map(([peer]) => peer)).toEqual(['a'])
    // Round trips of before the restart are as known as they were.
    expect(expectedMs(again, 'a', w.clock.wall())).toBeCloseTo(before, 3)
  })
})
