import fc from 'fast-check'
import { readExactly } from '../../../src/network/read-exactly.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { overStream, type StreamEnd, streamEnd } from '../streams.ts'
import { eventualValueOrRefusal } from '../verdict.ts'

interface Sent {
  readonly wanted: number
  readonly pieces: readonly Uint8Array[]
  readonly end: StreamEnd
}

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { maxLength: 4 })
const lengthOf = (all: readonly Uint8Array[]) => all.reduce((sum, piece) => sum + piece.length, 0)

/** About every other message is as long as it should be. */
const sent: fc.Arbitrary<Sent> = fc
  .record({ pieces, end: streamEnd, wanted: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 1 }) })
  .map(({ wanted, ...rest }) => ({ ...rest, wanted: wanted ?? lengthOf(rest.pieces) }))

/** The reader of messages of a known length: it gives exactly the bytes that came, or says why not. */
export const target: FuzzTarget = {
  name: 'read exactly',
  input: sent,
  async check(input: Sent) {
    const { wanted, pieces } = input
    await overStream(input, async (stream, signal) => {
      const message = await eventualValueOrRefusal(() => readExactly(stream, wanted, { signal }))
      if (message === undefined) return
      const all = Buffer.concat(pieces)
      if (!all.subarray(0, wanted).equals(message)) throw new Error('read other bytes than were sent')
      if (wanted === 0 && all.length > 0) throw new Error('took a message for an empty one')
    })
  }
}
