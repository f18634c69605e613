import { expect, it } from 'vitest'
import { faultRun } from './run.ts'
import { verdictOf } from './verdict.ts'

it('answers every request rightly or says why not, while servers fail and the router is restarted', async () => {
  const verdict = verdictOf(await faultRun({ requests: 300, concurrency: 12, seed: 5, killRouter: false }))
  expect(verdict.violations).toEqual([])
  expect(verdict.requests).toBe(300)
  // Beside those of the restart, and of answers with tools that were cut off, there are hardly any.
  expect(verdict.complete).toBeGreaterThan(240)
  expect(verdict.audit.successes).toBe(verdict.complete + verdict.audit.matched.left)
  expect(Object.keys(verdict.servers).length).toBeGreaterThan(1)
})
