import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { EngineError } from '../../../src/router/transport.ts'
import { batchingEngine } from '../../../src/simulation/engine/engine.ts'
import type { BatchingEngineOptions } from '../../../src/simulation/engine/engine-options.ts'
import { between } from '../../../src/simulation/engine/factor-over-time.ts'
import { promptOf } from '../../../src/simulation/engine/prompt.ts'
import { advanceBy, settle } from '../../support/virtual-time.ts'
import { follow, request } from '../run-jobs.ts'

function setUp(options: Partial<BatchingEngineOptions> = {}) {
  const clock = manualClock(1000)
  const engine = batchingEngine({ clock, timers: clock }, { name: 'gpu', tokensPerSecond: 100, ...options })
  const start = (overrides: Parameters<typeof request>[0] = {}, signal?: AbortSignal) =>
    follow(engine, clock, request(overrides), signal)
  return { clock, engine, start }
}

describe('batchingEngine', () => {
  it('reads the prompt, gives the first token as soon as it exists and then a piece every frame', async () => {
    const { clock, start } = setUp()
    const seen = start({ promptTokens: 400, maxTokens: 20 })
    await advanceBy(clock, 500)
    // 400 tokens at 2000/s, one at 100/s; then 5 tokens every 50 ms.
    expect(seen.pieces.map(({ atMs, count }) => [atMs - 1000, count])).toEqual([
      [210, 1],
      [260, 5],
      [310, 5],
      [360, 5],
      [400, 4]
    ])
    expect(seen.done).toMatchObject({ promptTokens: 400, outputTokens: 20 })
    expect(seen.endedMs).toBe(1400)
  })

  it('slows all jobs down as more of them run', async () => {
    const { clock, start } = setUp({ slowdown: 0.5 })
    const [first, second] = [start({ maxTokens: 100 }), start({ maxTokens: 50 })]
    await advanceBy(clock, 2000)
    // Both at 100/1.5 tokens/s until the second ends after 750 ms; the first has 50 tokens left, alone.
    expect(second.endedMs).toBe(1750)
    expect(first.endedMs).toBe(2250)
  })

  it('gives a job that arrives while others run its share from then on', async () => {
    const { clock, start } = setUp({ slowdown: 1 })
    const first = start({ maxTokens: 100 })
    await advanceBy(clock, 500)
    const second = start({ maxTokens: 100 })
    await advanceBy(clock, 2000)
    expect(first.endedMs).toBe(2500)
    expect(second.endedMs).toBe(3000)
  })

  it('loses no work when timers come late', async () => {
    const clock = manualClock()
    const timers = { after: (ms: number, callback: () => void) => clock.after(ms + 30, callback) }
    const engine = batchingEngine({ clock, timers }, { name: 'gpu', tokensPerSecond: 100, slowdown: 0.5 })
    const [first, second] = [100, 50].map((maxTokens) => follow(engine, clock, request({ maxTokens })))
    await advanceBy(clock, 2000)
    expect(second?.endedMs).toBeGreaterThanOrEqual(750)
    expect(second?.endedMs).toBeLessThanOrEqual(780)
    expect(first?.endedMs).toBeGreaterThanOrEqual(1250)
    expect(first?.endedMs).toBeLessThanOrEqual(1280)
  })

  it('queues beyond the slots in order and refuses beyond the queue', async () => {
    const { clock, engine, start } = setUp({ slots: 2, queueLimit: 2, slowdown: 0 })
    const jobs = Array.from({ length: 5 }, (_, i) => start({ jobId: `job-${i}` }))
    await settle()
    expect(engine.load()).toEqual({ slots: 2, running: 2, queued: 2, tokensPerSecond: 0 })
    expect(jobs[4]?.error).toBeInstanceOf(EngineError)
    expect(jobs[4]?.error).toMatchObject({ reason: 'overloaded', message: 'gpu is full: 2 jobs running and 2 waiting' })
    await advanceBy(clock, 2500)
    expect(jobs.map((job) => job.endedMs)).toEqual([2000, 2000, 3000, 3000, 1000])
    expect(engine.load()).toMatchObject({ running: 0, queued: 0 })
  })

  it('frees the slot at once when a job is aborted, running or waiting', async () => {
    const { clock, engine, start } = setUp({ slots: 1, slowdown: 0 })
    const [stopRunning, stopWaiting] = [new AbortController(), new AbortController()]
    const running = start({}, stopRunning.signal)
    const waiting = start({}, stopWaiting.signal)
    const last = start({})
    await advanceBy(clock, 200)
    stopWaiting.abort(new Error('changed my mind'))
    stopRunning.abort(new Error('too slow'))
    expect(engine.load()).toMatchObject({ running: 1, queued: 0 })
    await advanceBy(clock, 1000)
    expect(running.errorText).toBe('too slow')
    expect(waiting.errorText).toBe('changed my mind')
    expect(waiting.tokens).toBe(0)
    expect(last.endedMs).toBe(2200)
  })

  it('takes no slot for a signal that is already aborted', async () => {
    const { engine, start } = setUp()
    const seen = start({}, AbortSignal.abort(new Error('late')))
    await settle()
    expect(seen.errorText).toBe('late')
    expect(engine.load().running).toBe(0)
  })

  it('frees the slot when the consumer stops reading', async () => {
    const { clock, engine } = setUp()
    const events = engine.infer(request(), {})[Symbol.asyncIterator]()
    const first = events.next()
    await advanceBy(clock, 20)
    expect(await first).toMatchObject({ value: { kind: 'tokens', count: 1 } })
    await events.return?.()
    expect(engine.load().running).toBe(0)
  })

  describe('whose job is started with a listener', () => {
    /** What a listener hears, with the engine's jobs at the time. */
    function heard(options: Partial<BatchingEngineOptions> = {}) {
      const { clock, engine } = setUp({ slowdown: 0, ...options })
      const log: string[] = []
      const start = (name: string, maxTokens: number) => {
        const job = engine.start(request({ jobId: name, maxTokens }), {
          text: () => log.push(`${clock.now() - 1000}: ${name} ${job.take()?.count ?? 0} of ${engine.load().running}`),
          ended: () => log.push(`${clock.now() - 1000}: ${name} done of ${engine.load().running}`)
        })
        return job
      }
      return { clock, engine, log, start }
    }

    it('tells of text and ends in their moments, when the engine is up to date: all text first', () => {
      const { clock, log, start } = heard({ frameMs: 100 })
      start('long', 12)
      start('short', 11)
      clock.advance(500)
      expect(log).toEqual([
        '10: long 1 of 2',
        '10: short 1 of 2',
        '110: long 10 of 1',
        '110: short 10 of 1',
        '110: short done of 1',
        '120: long 1 of 0',
        '120: long done of 0'
      ])
    })

    it('says what a job that is done made, and throws what one failed with', () => {
      const { clock, start } = heard()
      const job = start('job', 20)
      clock.advance(300)
      expect(job.done()).toMatchObject({ kind: 'done', outputTokens: 20, load: { running: 0 } })
      const failing = heard({ failureRatio: 1 })
      const failed = failing.start('job', 20)
      failing.clock.advance(300)
      expect(failing.log.at(-1)).toMatch(/: job done of 0$/)
      expect(() => failed.done()).toThrow('gpu failed while it ran job job')
    })

    it('tells nothing more once the job is stopped, and gives its slot away', () => {
      const { clock, log, start } = heard({ slots: 1 })
      const first = start('first', 100)
      start('second', 1)
      clock.advance(5)
      first.stop()
      first.stop()
      clock.advance(500)
      expect(log).toEqual(['15: second 1 of 0', '15: second done of 0'])
    })
  })

  it('slows down from the moment it is told to, and stands still at 0', async () => {
    const { clock, engine, start } = setUp()
    const seen = start({ maxTokens: 100 })
    await advanceBy(clock, 500)
    engine.setSpeedFactor(0)
    await advanceBy(clock, 300)
    expect(seen.tokens).toBe(50)
    engine.setSpeedFactor(0.5)
    await advanceBy(clock, 2000)
    expect(seen.endedMs).toBe(2800)
  })

  it('follows its speed over time within a frame', async () => {
    const { clock, start } = setUp({ speed: between(250, 1250, 0.5), frameMs: 50 })
    const seen = start({ maxTokens: 100 })
    await advanceBy(clock, 3000)
    expect(seen.endedMs).toBeGreaterThanOrEqual(2450)
    expect(seen.endedMs).toBeLessThanOrEqual(2550)
  })

  it('refuses new jobs while it is not available, and goes on with those it has', async () => {
    const { clock, engine, start } = setUp()
    const before = start({})
    await advanceBy(clock, 100)
    engine.setAvailable(false)
    const during = start({})
    await advanceBy(clock, 1000)
    engine.setAvailable(true)
    const after = start({})
    await advanceBy(clock, 1100)
    expect(before.done).toBeDefined()
    expect(during.error).toMatchObject({ reason: 'engine', message: 'gpu is not available' })
    expect(after.done).toBeDefined()
  })

  it('reports the speed that a single job gets, once it has made a token', async () => {
    const { clock, engine, start } = setUp({ slowdown: 0.5 })
    start({ promptTokens: 200, maxTokens: 1000 })
    await advanceBy(clock, 100)
    expect(engine.load().tokensPerSecond).toBe(0)
    await advanceBy(clock, 20)
    expect(engine.load().tokensPerSecond).toBeCloseTo(100, 6)
    start({ maxTokens: 1000 })
    await advanceBy(clock, 5000)
    expect(engine.load().tokensPerSecond).toBeCloseTo(100 / 1.5, 0)
  })

  it('answers in the length that the prompt asks for, within the limit', async () => {
    const { clock, start } = setUp()
    const asked = start({ prompt: promptOf({ promptTokens: 40, outputTokens: 7 }), maxTokens: 8 })
    const limited = start({ prompt: promptOf({ promptTokens: 40, outputTokens: 700 }), maxTokens: 8 })
    await advanceBy(clock, 1000)
    expect(asked.done).toMatchObject({ promptTokens: 40, outputTokens: 7 })
    expect(limited.done).toMatchObject({ promptTokens: 40, outputTokens: 8 })
    expect(asked.pieces.map((piece) => piece.text).join('')).toBe('the sun was low and its red ')
  })

  it.each([
    [{ tokensPerSecond: 0 }, 'tokensPerSecond must be a finite number above 0, got 0'],
    [{ tokensPerSecond: NaN }, 'tokensPerSecond must be a finite number above 0, got NaN'],
    [{ prefillTokensPerSecond: -1 }, 'prefillTokensPerSecond must be a finite number above 0, got -1'],
    [{ slots: 0 }, 'slots must be an integer of at least 1, got 0'],
    [{ slowdown: -0.1 }, 'slowdown must be a finite number of at least 0, got -0.1'],
    [{ queueLimit: 1.5 }, 'queueLimit must be an integer of at least 0, got 1.5'],
    [{ frameMs: 0 }, 'frameMs must be a finite number above 0, got 0'],
    [{ failureRatio: 2 }, 'failureRatio must be between 0 and 1, got 2'],
    [{ seed: NaN }, 'seed must be a finite number, got NaN'],
    [{ name: '' }, 'name must be a string that is not empty, got ""']
  ])('refuses %j', (options, message) => {
    expect(() => setUp(options)).toThrow(message)
  })
})

describe('failures of batchingEngine', () => {
  async function fates(options: Partial<BatchingEngineOptions>) {
    const { clock, start } = setUp({ slots: 400, slowdown: 0, failureRatio: 0.25, ...options })
    const jobs = Array.from({ length: 400 }, (_, i) => start({ jobId: `job-${i}`, promptTokens: 20, maxTokens: 50 }))
    await advanceBy(clock, 1000, { stepMs: 10 })
    return jobs
  }

  it('fails the share of jobs that it is told to, each somewhere on its way', async () => {
    const failed = (await fates({})).filter((job) => job.error !== undefined)
    expect(failed.length).toBeGreaterThan(75)
    expect(failed.length).toBeLessThan(125)
    expect(failed[0]?.error).toMatchObject({ reason: 'engine' })
    expect(failed.every((job) => job.done === undefined && job.tokens < 50)).toBe(true)
    expect(new Set(failed.map((job) => job.tokens)).size).toBeGreaterThan(20)
  })

  it('fails the same jobs at the same points in an engine of the same seed and name, and others in another', async () => {
    const pattern = (jobs: Awaited<ReturnType<typeof fates>>) => jobs.map((job) => [job.errorText, job.tokens])
    const original = pattern(await fates({}))
    expect(pattern(await fates({}))).toEqual(original)
    expect(pattern(await fates({ seed: 1 }))).not.toEqual(original)
    expect(pattern(await fates({ name: 'other' }))).not.toEqual(original)
  })
})

describe('laws of batchingEngine', () => {
  it('ends n equal jobs at the closed form of processor sharing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (n, maxTokens, promptTokens, slowdown) => {
          const { clock, start } = setUp({ slowdown })
          const jobs = Array.from({ length: n }, () => start({ promptTokens, maxTokens }))
          const eachMs = (10 * maxTokens + promptTokens / 2) * (1 + slowdown * (n - 1))
          await advanceBy(clock, eachMs + 2)
          for (const job of jobs) {
            expect((job.endedMs ?? NaN) - 1000 - eachMs, `end of ${n} jobs`).toBeGreaterThan(-1e-3)
            expect((job.endedMs ?? NaN) - 1000 - eachMs, `end of ${n} jobs`).toBeLessThanOrEqual(1 + 1e-3)
          }
        }
      ),
      { numRuns: 40 }
    )
  })

  it('produces every token once, in frames, with no more jobs running than there are slots', async () => {
    const job = fc.record({ atMs: fc.nat(800), maxTokens: fc.integer({ min: 1, max: 60 }), promptTokens: fc.nat(300) })
    await fc.assert(
      fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 3 }), async (jobs, slots) => {
        const { clock, engine, start } = setUp({ slots })
        const seen = new Map<(typeof jobs)[number], ReturnType<typeof start>>()
        let mostRunning = 0
        await advanceBy(clock, 15_000, {
          stepMs: 5,
          onStep: () => {
            for (const due of jobs.filter((one) => !seen.has(one) && one.atMs <= clock.now() - 1000)) seen.set(due, start(due))
            mostRunning = Math.max(mostRunning, engine.load().running)
          }
        })
        expect(mostRunning).toBeLessThanOrEqual(slots)
        for (const [asked, { done, pieces, tokens }] of seen) {
          expect(tokens, 'tokens delivered').toBe(asked.maxTokens)
          expect(done?.outputTokens, 'tokens reported').toBe(asked.maxTokens)
          const gaps = pieces.slice(1, -1).map((piece, i) => piece.atMs - (pieces[i]?.atMs ?? NaN))
          expect(
            gaps.every((gapMs) => gapMs >= 45),
            `frames ${JSON.stringify(gaps)}`
          ).toBe(true)
        }
        expect(seen.size).toBe(jobs.length)
      }),
      { numRuns: 25 }
    )
  })
})
