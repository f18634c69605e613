import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { delayedStream } from '../../../src/simulation/relay/delayed-stream.ts'
import { advanceBy, settle } from '../../support/virtual-time.ts'

function setUp(delayMs: () => number) {
  const clock = manualClock()
  const stream = delayedStream({ clock, timers: clock }, delayMs)
  const arrived: [atMs: number, text: string][] = []
  return {
    clock,
    stream,
    arrived,
    read: () => stream.on('data', (chunk: Buffer) => arrived.push([clock.now(), chunk.toString()]))
  }
}

describe('delayedStream', () => {
  it('hands on every chunk after the delay, and the end likewise', async () => {
    const { arrived, clock, read, stream } = setUp(() => 100)
    read().on('end', () => arrived.push([clock.now(), 'end']))
    stream.write('a')
    await advanceBy(clock, 30)
    stream.write('b')
    await advanceBy(clock, 30)
    stream.end()
    await advanceBy(clock, 200)
    expect(arrived).toEqual([
      [100, 'a'],
      [130, 'b'],
      [160, 'end']
    ])
  })

  it('keeps the order and loses nothing, whatever the delays', async () => {
    const pieces = fc.array(fc.record({ delayMs: fc.nat(50), pauseMs: fc.nat(5) }), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(pieces, async (sent) => {
        let next = 0
        const { arrived, clock, read, stream } = setUp(() => sent[next++]?.delayMs ?? 0)
        read()
        const due: number[] = []
        for (const [i, { delayMs, pauseMs }] of sent.entries()) {
          due.push(Math.max(clock.now() + delayMs, due.at(-1) ?? 0))
          stream.write(`${i};`)
          await advanceBy(clock, pauseMs)
        }
        await advanceBy(clock, 60)
        expect(arrived).toEqual(due.map((atMs, i) => [atMs, `${i};`]))
      }),
      { numRuns: 30 }
    )
  })

  it('does not hand on early when timers fire early', async () => {
    const clock = manualClock()
    const timers = { after: (ms: number, callback: () => void) => clock.after(Math.max(1, Math.floor(ms)), callback) }
    const stream = delayedStream({ clock, timers }, () => 10.9)
    const arrivals: number[] = []
    stream.on('data', () => arrivals.push(clock.now()))
    stream.write('a')
    await advanceBy(clock, 20)
    expect(arrivals).toEqual([11])
  })

  it.each([NaN, -5, 0])('takes a delay of %d as none', async (delayMs) => {
    const { arrived, read, stream } = setUp(() => delayMs)
    read()
    stream.write('a')
    await settle()
    expect(arrived).toEqual([[0, 'a']])
  })

  it('holds bytes for good at a delay of Infinity, until it is destroyed', async () => {
    const { arrived, clock, read, stream } = setUp(() => Infinity)
    read()
    stream.write('a')
    await advanceBy(clock, 1e6, { stepMs: 1e5 })
    expect(arrived).toEqual([])
    stream.destroy()
    await settle()
    expect(stream.destroyed).toBe(true)
  })

  it('takes no more than it may hold while nobody reads, and goes on when somebody does', async () => {
    const { arrived, clock, read, stream } = setUp(() => 10)
    let taken = 0
    for (let i = 0; i < 64; i++) {
      stream.write(Buffer.alloc(64 * 1024), () => {
        taken++
      })
    }
    await advanceBy(clock, 100)
    expect(taken).toBeGreaterThanOrEqual(15)
    expect(taken).toBeLessThanOrEqual(18)
    read()
    await advanceBy(clock, 100)
    expect(taken).toBe(64)
    expect(arrived.reduce((sum, [, text]) => sum + text.length, 0)).toBe(64 * 64 * 1024)
  })
})
