import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerHeap } from '../../../src/simulation/virtual/timer-heap.ts'

/** A heap beside a sorted list of what it should hold. */
interface Model {
  readonly heap: TimerHeap
  readonly cancels: (() => void)[]
  waiting: { readonly number: number; readonly dueMs: number; readonly quiet: boolean }[]
  /** By number: those that the heap gave, and those that it should have. */
  readonly taken: number[]
  readonly expected: number[]
}

type Step = (model: Model) => void

const add = ([dueMs, quiet]: readonly [number, boolean]): Step => {
  return (model) => {
    const number = model.cancels.length
    model.cancels.push(model.heap.add(dueMs, () => model.taken.push(number), quiet))
    model.waiting.push({ number, dueMs, quiet })
    model.waiting.sort((a, b) => a.dueMs - b.dueMs || a.number - b.number)
  }
}

const take: Step = ({ heap, waiting, expected }) => {
  expect(heap.firstDueMs).toBe(waiting[0]?.dueMs ?? Infinity)
  expect(waiting.length > 0 && heap.firstIsQuiet).toBe(waiting[0]?.quiet ?? false)
  heap.takeFirst()?.()
  expected.push(...waiting.splice(0, 1).map(({ number }) => number))
}

const cancel = (number: number): Step => {
  return (model) => {
    model.cancels[number]?.()
    model.waiting = model.waiting.filter((timer) => timer.number !== number)
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.integer({ min: 0, max: 40 }), fc.boolean()).map(add) },
    { weight: 2, arbitrary: fc.constant(take) },
    { weight: 3, arbitrary: fc.nat(400).map(cancel) }
  ),
  { maxLength: 400, size: 'max' }
)

describe('the heap of timers', () => {
  it('gives timers by due time, then in the order in which they were added, and none that was cancelled', () => {
    fc.assert(
      fc.property(steps, (made) => {
        const model: Model = { heap: new TimerHeap(), cancels: [], waiting: [], taken: [], expected: [] }
        for (const step of made) step(model)
        while (model.waiting.length > 0) take(model)
        expect(model.taken).toEqual(model.expected)
        expect(model.heap.firstDueMs).toBe(Infinity)
      })
    )
  })

  it('does not cancel the timer that took the place of one that ran', () => {
    const heap = new TimerHeap()
    const cancelFirst = heap.add(1, () => undefined)
    heap.takeFirst()
    heap.add(2, () => undefined)
    cancelFirst()
    expect(heap.firstDueMs).toBe(2)
    expect(heap.takeFirst()).toBeDefined()
    expect(heap.takeFirst(), 'nothing is left').toBeUndefined()
  })
})
