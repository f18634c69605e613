import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { PeerbanditError } from '../../../src/core/errors.ts'
import { figuresOf, runJobs } from './run.ts'
import { workload } from './workload.ts'

const options = { jobs: 2_000, jobsPerSecond: 4, meanTokens: 40, seed: 1 }

describe('workload', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(workload(options)).toEqual(workload(options))
    expect(workload({ ...options, seed: 2 })).not.toEqual(workload(options))
  })

  it('has the rate and the lengths that it was asked for', () => {
    const jobs = workload(options)
    expect(jobs[jobs.length - 1].atMs / 1_000).toBeGreaterThan(450)
    expect(jobs[jobs.length - 1].atMs / 1_000).toBeLessThan(550)
    const tokens = jobs.reduce((sum, job) => sum + job.tokens, 0) / jobs.length
    expect(tokens).toBeGreaterThan(36)
    expect(tokens).toBeLessThan(44)
    for (const { tokens: each, prompt } of jobs) expect(prompt).toContain(`say ${each} words`)
  })
})

describe('runJobs', () => {
  it('sends each job when it is due, and counts from then', async () => {
    const clock = manualClock()
    const due = [100, 200, 300, 400].map((atMs) => ({ atMs, tokens: 1, prompt: String(atMs) }))
    const sent: number[] = []
    const done = runJobs(
      due,
      async (prompt, signal) => {
        sent.push(clock.now())
        if (prompt === '200') throw new PeerbanditError('ERR_PROTOCOL', 'no')
        if (prompt === '300') return { whole: false, failure: 'empty answer' }
        if (prompt === '400')
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(signal.reason as Error)
            })
          })
        return { whole: true }
      },
      { clock, deadlineMs: 50 }
    )
    for (let i = 0; i < 50; i++) {
      clock.advance(10)
      await new Promise(setImmediate)
    }
    const results = await done
    expect(sent).toEqual([100, 200, 300, 400])
    expect(results.map(({ failure }) => failure)).toEqual([undefined, 'ERR_PROTOCOL', 'empty answer', 'ERR_TIMEOUT'])
    expect(figuresOf(results)).toEqual({
      jobs: 4,
      failed: 3,
      failures: { ERR_PROTOCOL: 1, 'empty answer': 1, ERR_TIMEOUT: 1 },
      meanMs: 0,
      p50Ms: 0,
      p99Ms: 0
    })
  })
})
