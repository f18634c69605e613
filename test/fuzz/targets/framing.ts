import { create, toBinary } from '@bufbuild/protobuf'
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { systemClock } from '../../../src/core/clock.ts'
import { framedStream } from '../../../src/network/framing.ts'
import { TokensSchema } from '../../../src/network/generated/peerbandit_pb.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { hostile } from '../mutate.ts'
import { overStream, type StreamEnd, streamEnd } from '../streams.ts'
import { eventualValueOrRefusal } from '../verdict.ts'

const LIMITS = { maxMessageBytes: 64, maxStreamBytes: 256, writeTimeoutMs: 100 }

const message = fc
  .record({ text: fc.string({ maxLength: 24 }), count: fc.integer({ min: 0, max: 2 ** 32 - 1 }) })
  .map((fields) => create(TokensSchema, fields))
const messages = fc
  .array(message, { maxLength: 6 })
  .map((all) => Uint8Array.from(Buffer.concat(all.map((each) => sizeDelimitedEncode(TokensSchema, each)))))

interface Sent {
  readonly bytes: Uint8Array
  /** Where the bytes are cut into pieces, as shares of them. */
  readonly cuts: readonly number[]
  readonly end: StreamEnd
}

const sent: fc.Arbitrary<Sent> = fc.record({
  bytes: hostile(messages, 300),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  end: streamEnd
})

function piecesOf({ bytes, cuts }: Sent): Uint8Array[] {
  const places = [0, ...cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place))
}

/** Any bytes, in any pieces, with any end: the reader says what came, or why not, and waits for nothing that does not come any more. */
export const target: FuzzTarget = {
  name: 'framing',
  input: sent,
  async check(input: Sent) {
    await overStream({ pieces: piecesOf(input), end: input.end }, async (stream, signal) => {
      const frames = framedStream(stream, LIMITS, systemClock)
      let bytes = 0
      await eventualValueOrRefusal(async () => {
        for (let next = await frames.read(TokensSchema, { signal }); next !== undefined;) {
          bytes += toBinary(TokensSchema, next).length
          if (bytes > LIMITS.maxStreamBytes) throw new Error(`read ${bytes} bytes of a stream of ${LIMITS.maxStreamBytes}`)
          next = await frames.read(TokensSchema, { signal })
        }
      })
    })
  }
}
