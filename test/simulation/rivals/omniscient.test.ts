import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchingEngine } from '../../../src/simulation/engine/engine.ts'
import { completionMs } from '../../../src/simulation/rivals/omniscient.ts'
import { virtualTime } from '../../../src/simulation/virtual/virtual-time.ts'
import { follow, request } from '../run-jobs.ts'

describe('completionMs', () => {
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
          const expectedMs = completionMs(engine.backlog(), own, options, 100)
          const seen = follow(engine, time, request({ maxTokens: own }))
          await time.run(pauseMs + expectedMs + 1000)
          expect(Math.abs((seen.endedMs ?? Infinity) - pauseMs - expectedMs)).toBeLessThan(0.1)
        }
      ),
      { numRuns: 40 }
    )
  })

  it('is never for an engine that stands still', () => {
    expect(completionMs([], 10, { slots: 4, slowdown: 0 }, 0)).toBe(Infinity)
  })
})
