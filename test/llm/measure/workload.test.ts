import { expect, it } from 'vitest'
import { meanOf } from '../../../src/math/quantile.ts'
import { workload } from './workload.ts'

it('a workload is the same for the same seed, comes at the rate asked for, and has answers of all lengths', () => {
  const options = { jobs: 2000, seed: 7, meanGapMs: 400 }
  const jobs = workload(options)
  expect(workload(options)).toEqual(jobs)
  expect(workload({ ...options, seed: 8 })).not.toEqual(jobs)
  const gaps = jobs.map(({ atMs }, i) => atMs - (i === 0 ? 0 : jobs[i - 1].atMs))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0)
  expect(meanOf(gaps)).toBeGreaterThan(360)
  expect(meanOf(gaps)).toBeLessThan(440)
  const lengths = new Set(jobs.map(({ maxTokens }) => maxTokens))
  expect([Math.min(...lengths), Math.max(...lengths), lengths.size]).toEqual([8, 40, 33])
})
