import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import { WaitingLine } from '../../src/router/waiting-line.ts'
import { settle } from '../support/virtual-time.ts'

/** A line in which the names of those that look are noted; each takes one of `free`, of its kind, if there is one. */
function lineOf(free: Map<unknown, number>) {
  const clock = manualClock()
  const line = new WaitingLine({ clock, timers: clock }, 250)
  const looked: string[] = []
  const served: string[] = []
  const wait = async (name: string, kind: unknown, signal = new AbortController().signal) => {
    const waiter = line.join(kind)
    try {
      for (;;) {
        await waiter.turn(signal)
        looked.push(name)
        const left = free.get(kind) ?? 0
        if (left > 0) {
          free.set(kind, left - 1)
          served.push(name)
          return
        }
        waiter.nothing()
      }
    } finally {
      waiter.leave()
    }
  }
  return { clock, line, looked, served, wait }
}

describe('the line of jobs that wait', () => {
  it('is served first come, first served, one look for one place', async () => {
    const free = new Map([['m', 0]])
    const { line, looked, served, wait } = lineOf(free)
    const waiting = Array.from({ length: 1000 }, (_, i) => wait(String(i), 'm'))
    for (let i = 0; i < 3; i++) {
      free.set('m', 1)
      line.freed()
      await settle()
    }
    expect(served).toEqual(['0', '1', '2'])
    // Whoever leaves lets the next one look: something may be left.
    expect(looked.length).toBeLessThanOrEqual(6)
    free.set('m', 997)
    line.freed()
    await Promise.all(waiting)
    expect(line.length).toBe(0)
  })

  it('goes on to who wants something else where the first finds nothing', async () => {
    const free = new Map<unknown, number>([['b', 1]])
    const { line, looked, served, wait } = lineOf(free)
    void wait('a1', 'a')
    void wait('a2', 'a')
    const b = wait('b1', 'b')
    line.freed()
    await b
    expect(served).toEqual(['b1'])
    expect(looked).toEqual(['a1', 'b1'])
  })

  it('is looked at from time to time without a word, and not when it is empty', async () => {
    const free = new Map<unknown, number>()
    const { clock, served, wait, looked } = lineOf(free)
    const one = wait('one', 'm')
    clock.advance(249)
    await settle()
    expect(looked).toEqual([])
    free.set('m', 1)
    clock.advance(1)
    await one
    expect(served).toEqual(['one'])
    clock.advance(10_000)
    expect(looked).toEqual(['one'])
  })

  it('loses nothing when somebody leaves who was about to look', async () => {
    const free = new Map<unknown, number>([['m', 1]])
    const { line, served, wait } = lineOf(free)
    const leaving = new AbortController()
    const left = wait('left', 'm', leaving.signal).catch((error: unknown) => error)
    const stays = wait('stays', 'm')
    leaving.abort(new Error('gone'))
    line.freed()
    expect(await left).toMatchObject({ message: 'gone' })
    await stays
    expect(served).toEqual(['stays'])
  })
})
