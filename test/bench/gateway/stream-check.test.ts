import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MARK, sharedClockNs, stamp, TOKEN_KINDS } from './chat.ts'
import { StreamCheck } from './stream-check.ts'

const event = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
const tokens = (count: number) => Array.from({ length: count }, (_, i) => event(MARK + stamp(i % TOKEN_KINDS))).join('')

it('counts the same tokens wherever the stream is cut', () => {
  const stream = Buffer.from(`${tokens(70)}data: [DONE]\n\n`)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 200 }), (cuts) => {
      const check = new StreamCheck(false)
      const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
      for (let i = 1; i < places.length; i++) check.read(stream.subarray(places[i - 1], places[i]))
      expect(check).toMatchObject({ tokens: 70, done: true, inOrder: true })
    })
  )
})

it('sees a stream that lost a token, and one without an end', () => {
  const check = new StreamCheck(false)
  check.read(Buffer.from(tokens(3) + event(MARK + stamp(4))))
  expect(check).toMatchObject({ tokens: 4, done: false, inOrder: false })
})

it('tells how long each token of a paced stream was on its way, µs', () => {
  const delaysUs: number[] = []
  const check = new StreamCheck(true, delaysUs)
  check.read(Buffer.from(event(MARK + stamp(sharedClockNs() - 5_000_000))))
  expect(delaysUs).toHaveLength(1)
  expect(delaysUs[0]).toBeGreaterThanOrEqual(5000)
  expect(delaysUs[0]).toBeLessThan(5_000_000)
})
