import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchingEngine } from '../../../src/simulation/engine/engine.ts'
import { completionsMs } from '../../../src/simulation/rivals/omniscient.ts'
import { virtualTime } from '../../../src/simulation/virtual/virtual-time.ts'
import { follow, request } from '../run-jobs.ts'

describe('completionsMs', () => {
  it('is what the engine takes, whatever runs and waits there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 2000 }),
        async (before, own, slots, pauseMs) => {
          const time = virtualTime()
          const options = { name: 'engine', tokensPerSecond: 100, slots, slowdown: 0.15 }
          const engine = batchingEngine({ clock: time, timers: time }, options)
          for (const [i, maxTokens] of before.entries()) follow(engine, time, request({ jobId: `job-${i}`, maxTokens }))
          await time.run(pauseMs)
          const expectedMs = completionsMs([...engine.backlog(), own], options, 100).at(-1) ?? NaN
          const seen = follow(engine, time, request({ maxTokens: own }))
          await time.run(pauseMs + expectedMs + 1000)
          expect(Math.abs((seen.endedMs ?? Infinity) - pauseMs - expectedMs)).toBeLessThan(0.1)
        }
      ),
      { numRuns: 40 }
    )
  })

  it('is known for two slots and a slowdown of a half: who waits starts when the first is done', () => {
    // Two at 10/1.5 tokens/s: 100 tokens are done after 15 s, then 100 of 200 are left beside 50 more, which take 7.5 s; the
    // last 50 alone take 5 s.
    const doneMs = completionsMs([100, 200, 50], { slots: 2, slowdown: 0.5 }, 10)
    for (const [i, ms] of [15_000, 27_500, 22_500].entries()) expect(doneMs[i], `job ${i}`).toBeCloseTo(ms, 6)
  })

  it('is nothing of nothing, and never for an engine that stands still', () => {
    expect(completionsMs([10], { slots: 4, slowdown: 0 }, 0)).toEqual([Infinity])
    expect(completionsMs([], { slots: 4, slowdown: 0 }, 10)).toEqual([])
  })
})
