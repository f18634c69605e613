import { expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { onceStreaming, replay } from './replay.ts'

it('questions are asked at their times, whatever became of those before', async () => {
  const time = manualClock()
  const askedMs: number[] = []
  const running = {
    ask: ({ prompt }: { readonly prompt: string }) => {
      askedMs.push(time.now())
      return Promise.reject(new Error(`no answer to ${prompt}`))
    },
    continued: () => Promise.resolve(0),
    stop: () => Promise.resolve()
  }
  const questions = [10, 25].map((atMs) => ({ atMs, prompt: `that of ${atMs}`, maxTokens: 8 }))
  const ended = replay({ running, time }, questions)
  for (const ms of [10, 15]) {
    time.advance(ms)
    await Promise.resolve()
  }
  expect(await ended).toEqual([
    { kind: 'failed', why: 'no answer to that of 10' },
    { kind: 'failed', why: 'no answer to that of 25' }
  ])
  expect(askedMs).toEqual([10, 25])
})

it('what is to be done while a server streams is done once, and not too early', () => {
  let acts = 0
  const watch = onceStreaming('fast', { job: 2, pieces: 3 }, () => (acts += 1))
  watch(1, { peer: 'fast', pieces: 5 })
  watch(2, { peer: 'slow', pieces: 5 })
  watch(2, { peer: 'fast', pieces: 2 })
  expect(acts).toBe(0)
  watch(3, { peer: 'fast', pieces: 3 })
  watch(3, { peer: 'fast', pieces: 4 })
  expect(acts).toBe(1)
})
