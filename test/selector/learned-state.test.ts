import { describe, expect, it } from 'vitest'
import { createSelection } from '../../src/selector/selection.ts'
import { job, teach, world } from './world.ts'

async function taught() {
  const w = await world()
  for (const [peer, ms] of [
    ['a', 5],
    ['b', 20],
    ['c', 50]
  ] as const)
    await teach(w, peer, ms)
  return w
}

/** A second start on the same journal. */
async function restarted(w: Awaited<ReturnType<typeof world>>) {
  const selection = createSelection({ clock: w.clock, journal: w.journal }, { seed: 7n })
  const restored = await selection.learned?.restore()
  return { ...selection, restored }
}

function beliefs(w: Pick<Awaited<ReturnType<typeof world>>, 'policy' | 'clock'>) {
  return w.policy.beliefs({ workloadClass: 'interactive', atMs: w.clock.wall() })
}

describe('learned state', () => {
  it('goes on from a snapshot', async () => {
    const first = await taught()
    await first.learned?.checkpoint()
    const second = await restarted(first)
    expect(second.restored).toEqual({ outcomes: 9, replayed: 0 })
    expect(beliefs({ ...second, clock: first.clock })).toEqual(beliefs(first))
    expect(second.table.msPerWorkToken(second.table.rowOf('a'))).toBe(first.table.msPerWorkToken(first.table.rowOf('a')))
  })

  it('reads back the outcomes that came after the snapshot, one by one', async () => {
    const first = await taught()
    await first.learned?.checkpoint()
    await teach(first, 'd', 8, 2)
    const second = await restarted(first)
    expect(second.restored).toEqual({ outcomes: 11, replayed: 2 })
    expect(second.table.outcomeCount(second.table.rowOf('d'))).toBe(2)
    for (const [i, belief] of beliefs({ ...second, clock: first.clock }).entries()) {
      expect(belief.mean, belief.arm).toBeCloseTo(beliefs(first)[i]?.mean ?? NaN, 12)
    }
  })

  it('does without a snapshot: a journal alone is enough', async () => {
    const first = await taught()
    const second = await restarted(first)
    expect(second.restored).toEqual({ outcomes: 9, replayed: 9 })
    expect(second.selector.acquire(['a', 'b', 'c'], job()).decision.votes).toHaveLength(10)
  })

  it('has nothing to go on from in a new journal', async () => {
    const w = await world()
    expect(await w.learned?.restore()).toEqual({ outcomes: 0, replayed: 0 })
  })
})
