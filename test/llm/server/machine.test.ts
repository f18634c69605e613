import { expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { Machine } from './machine.ts'

/** Lets everything run that waits for nothing but promises. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

it('a machine four times slower is busy for four times as long, one step at a time', async () => {
  const clock = manualClock()
  const machine = new Machine(clock, 4)
  const done: string[] = []
  for (const name of ['a', 'b']) {
    void machine
      .run(() => {
        clock.advance(10)
        return Promise.resolve()
      })
      .then(() => done.push(`${name} at ${clock.now()} ms`))
  }
  await settled()
  clock.advance(29)
  await settled()
  expect(done).toEqual([])
  clock.advance(1)
  await settled()
  clock.advance(30)
  await settled()
  expect(done.map((line) => line.split(' at ')[0])).toEqual(['a', 'b'])
  expect(clock.now()).toBe(80)
})

it('a timer that was late is taken off the next', async () => {
  const clock = manualClock()
  const machine = new Machine(clock, 2)
  const step = () =>
    machine.run(() => {
      clock.advance(10)
      return Promise.resolve()
    })
  const first = step()
  await settled()
  clock.advance(15)
  await first
  expect(clock.now()).toBe(25)
  let ended = false
  const second = step().then(() => (ended = true))
  await settled()
  clock.advance(4)
  await settled()
  expect(ended).toBe(false)
  clock.advance(1)
  await second
  expect(clock.now()).toBe(40)
})

it('a step that fails does not hold up the next', async () => {
  const machine = new Machine(manualClock(), 1)
  await expect(machine.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await machine.run(() => Promise.resolve(1))).toBe(1)
})
