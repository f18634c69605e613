import { expect, it } from 'vitest'
import { QueueFull, Slots } from './slots.ts'

const forever = new AbortController().signal

it('slots go to who waits, in the order of coming, and past those who left', async () => {
  const slots = new Slots(['only'], 3)
  const order: string[] = []
  const leaving = new AbortController()
  const first = Promise.withResolvers<void>()
  const come = (name: string, signal: AbortSignal, until?: Promise<void>) =>
    slots.use(signal, async () => {
      order.push(name)
      await until
    })
  const all = [
    come('first', forever, first.promise),
    come('second', forever),
    come('leaver', leaving.signal),
    come('third', forever)
  ]
  expect([slots.busy, slots.waiting]).toEqual([1, 3])
  await expect(come('too many', forever)).rejects.toThrow(QueueFull)
  leaving.abort(new Error('gone'))
  expect(slots.waiting).toBe(2)
  first.resolve()
  const ends = await Promise.allSettled(all)
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(order).toEqual(['first', 'second', 'third'])
  expect([slots.busy, slots.waiting]).toEqual([0, 0])
})

it('a slot is free again after work that fails', async () => {
  const slots = new Slots([1], 0)
  await expect(slots.use(forever, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(slots.isBusy(1)).toBe(false)
})
