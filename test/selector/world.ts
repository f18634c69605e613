import { manualClock } from '../../src/core/clock.ts'
import type { Job } from '../../src/job/job.ts'
import { memoryJournal } from '../../src/journal/level-journal.ts'
import { createSelection, type SelectionOptions } from '../../src/selector/selection.ts'

export const job = (over: Partial<Job> = {}): Job => ({
  id: 'job-1',
  model: 'm',
  workloadClass: 'interactive',
  promptTokens: 100,
  expectedOutputTokens: 100,
  deadlineMs: 30_000,
  ...over
})

/** A selection with a clock that moves by hand and a journal in memory. */
export async function world(options: SelectionOptions = {}) {
  const clock = manualClock(1_700_000_000_000)
  const journal = await memoryJournal({ durability: 'none' }, { clock, timers: clock })
  const selection = createSelection({ clock, journal }, { seed: 7n, ...options })
  return { clock, journal, ...selection }
}

/** A peer that takes `msPerToken` for every token and is known by `count` successful jobs. */
export async function teach(w: Awaited<ReturnType<typeof world>>, peer: string, msPerToken: number, count = 3): Promise<void> {
  w.table.observe(peer, { kind: 'connected' }, w.clock.wall())
  w.table.observe(peer, { kind: 'ping', rttMs: 10 }, w.clock.wall())
  for (let i = 0; i < count; i++) {
    const lease = w.selector.acquire([peer], job({ id: `teach-${peer}-${i}` }))
    w.clock.advance(msPerToken)
    lease.progress(1)
    w.clock.advance(msPerToken * 99)
    await lease.complete({ outputTokens: 100 })
  }
}
