import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sleep } from '../../../src/core/abort.ts'
import { type Clock, manualClock, type Timers } from '../../../src/core/clock.ts'
import { type VirtualTime, virtualTime } from '../../../src/simulation/virtual/virtual-time.ts'

/** A timer, those that it sets when it runs, and the one that it cancels, by number. */
interface Planned {
  readonly delayMs: number
  readonly quiet: boolean
  readonly cancels: number
  readonly nested: readonly Planned[]
}

const delayMs = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.double({ min: 0, max: 12, noNaN: true }), fc.constant(Infinity))
const plannedWith = (nested: fc.Arbitrary<Planned>): fc.Arbitrary<Planned> =>
  fc.record({ delayMs, quiet: fc.boolean(), cancels: fc.nat(15), nested: fc.array(nested, { maxLength: 3 }) })
const leaf: fc.Arbitrary<Planned> = fc.record({
  delayMs,
  quiet: fc.boolean(),
  cancels: fc.nat(15),
  nested: fc.constant([])
})
const planned = plannedWith(plannedWith(leaf))

/** Sets the timers; what ran and when is in the list that it returns. */
function start(clock: Clock & Timers & Partial<VirtualTime>, plan: readonly Planned[]): (readonly [number, number])[] {
  const ran: (readonly [number, number])[] = []
  const cancels: (() => void)[] = []
  const set = (timer: Planned) => {
    const number = cancels.length
    cancels.push(
      (timer.quiet ? (clock.quiet ?? clock) : clock).after(timer.delayMs, () => {
        ran.push([number, clock.now()])
        timer.nested.forEach(set)
        cancels[timer.cancels]?.()
      })
    )
  }
  plan.forEach(set)
  return ran
}

describe('virtual time', () => {
  it('runs the same timers at the same times as the manual clock: by due time, then as they were set, nested and cancelled ones too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(planned, { maxLength: 20 }), fc.integer({ min: 0, max: 40 }), async (plan, untilMs) => {
        const manual = manualClock(100)
        const virtual = virtualTime(100)
        const expected = start(manual, plan)
        const ran = start(virtual, plan)
        manual.advance(untilMs)
        const { events } = await virtual.run(100 + untilMs)
        expect(ran).toEqual(expected)
        expect(events).toBe(ran.length)
        expect(virtual.now()).toBe(manual.now())
        expect(virtual.wall()).toBe(manual.wall())
      })
    )
  })

  it('keeps order among many timers, most of them cancelled', async () => {
    const time = virtualTime()
    const ran: number[] = []
    const delays = Array.from({ length: 2000 }, (_, i) => (i * 7919) % 1009)
    const cancels = delays.map((delay) => time.after(delay, () => ran.push(delay)))
    cancels.forEach((cancel, i) => {
      if (i % 3 !== 0) cancel()
    })
    await time.run(Infinity)
    expect(ran).toEqual(delays.filter((_, i) => i % 3 === 0).sort((a, b) => a - b))
  })

  it('lets whatever waits for promises run before the next timer', async () => {
    const time = virtualTime()
    const seen: string[] = []
    const walk = async (name: string) => {
      await sleep(time, 5)
      for (let step = 0; step < 3; step++) await Promise.resolve()
      seen.push(`${name} at ${time.now()}`)
    }
    void walk('first')
    void walk('second')
    time.after(5, () => seen.push(`timer at ${time.now()}`))
    await time.run(10)
    expect(seen).toEqual(['first at 5', 'second at 5', 'timer at 5'])
  })

  it('runs what is due at a time, at the present if that is over', async () => {
    const time = virtualTime(10)
    const ran: number[] = []
    for (const dueMs of [12, 5, Infinity]) time.at(dueMs, () => ran.push(time.now()))
    time.at(11, () => ran.push(-1))()
    expect(await time.run(Infinity)).toEqual({ events: 2 })
    expect(ran).toEqual([10, 12])
  })

  it('lets the rest of the process have a turn now and then', async () => {
    const time = virtualTime()
    let events = 0
    let eventsBeforeTurn = Infinity
    const tick = () => {
      if (events === 0) setImmediate(() => (eventsBeforeTurn = events))
      events += 1
      if (events < 5000) time.quiet.after(1, tick)
    }
    time.after(1, tick)
    await time.run(Infinity)
    expect(events).toBe(5000)
    expect(eventsBeforeTurn).toBeLessThan(2000)
  })

  it('stops when the predicate holds, and goes on from there', async () => {
    const time = virtualTime()
    const ran: number[] = []
    for (const delay of [1, 2, 3]) time.after(delay, () => ran.push(delay))
    expect(await time.run(() => ran.length === 2)).toEqual({ events: 2 })
    expect(time.now()).toBe(2)
    expect(await time.run(() => false)).toEqual({ events: 1 })
    expect(ran).toEqual([1, 2, 3])
  })
})
