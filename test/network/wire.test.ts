import { fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/job/outcome.ts'
import { InferenceFrameSchema } from '../../src/network/generated/peerbandit_pb.ts'
import { eventFromWire, eventToWire } from '../../src/network/wire.ts'
import { MAX_FIGURE } from '../../src/peer/observation.ts'
import type { InferenceEvent } from '../../src/router/transport.ts'
import { emptyLoad } from './support.ts'

/** Over the wire and back. */
function sent(event: InferenceEvent): InferenceEvent {
  return eventFromWire(fromBinary(InferenceFrameSchema, toBinary(InferenceFrameSchema, eventToWire(event))))
}

const count = fc.nat({ max: 2 ** 31 - 1 })
const load: fc.Arbitrary<LoadReport> = fc.record(
  {
    slots: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    running: count,
    queued: count,
    tokensPerSecond: fc.double({ min: 0, max: MAX_FIGURE, noNaN: true }),
    cpuRatio: fc.double({ min: 0, max: 1, noNaN: true })
  },
  { requiredKeys: ['slots', 'running', 'queued', 'tokensPerSecond'], noNullPrototype: true }
)

describe('tokens on the wire', () => {
  it('arrive as they were sent, without a load', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (text, tokens) => {
        const event = { kind: 'tokens', text, count: tokens } as const
        expect(sent(event)).toStrictEqual(event)
      })
    )
  })

  it.each(['tokens', 'done'] as const)('and "%s" arrive with the load that they were sent with', (kind) => {
    fc.assert(
      fc.property(load, (report) => {
        const event: InferenceEvent =
          kind === 'tokens'
            ? { kind, text: 'word ', count: 1, load: report }
            : { kind, promptTokens: 1, outputTokens: 2, load: report }
        expect(sent(event)).toEqual(event)
      })
    )
  })

  it.each<[string, Partial<LoadReport>, RegExp]>([
    ['no slots', { slots: 0 }, /load\.slots must be at least 1, got 0/],
    ['a rate that is no number', { tokensPerSecond: NaN }, /load\.tokensPerSecond must be .* got NaN/],
    ['a rate below 0', { tokensPerSecond: -1 }, /load\.tokensPerSecond must be .* got -1/],
    ['a rate beyond measure', { tokensPerSecond: Infinity }, /load\.tokensPerSecond must be .* got Infinity/],
    ['a rate above any figure', { tokensPerSecond: 2 * MAX_FIGURE }, /load\.tokensPerSecond must be from 0 to/],
    ['a processor load above 1', { cpuRatio: 1.1 }, /load\.cpuRatio must be between 0 and 1, got 1\.1/],
    ['a processor load below 0', { cpuRatio: -0.1 }, /load\.cpuRatio must be/],
    ['a processor load that is no number', { cpuRatio: NaN }, /load\.cpuRatio must be/]
  ])('are refused when their load has %s', (_, wrong, text) => {
    const event: InferenceEvent = { kind: 'tokens', text: 'word ', count: 1, load: emptyLoad(wrong) }
    expect(() => sent(event)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }) as Error)
    expect(() => sent(event)).toThrow(text)
  })
})
