import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { chunkCount, digestsFromWire, MAX_CHUNKS, pieceFromWire } from '../../../src/network/artefacts/artefact-wire.ts'
import { ArtefactReplySchema } from '../../../src/network/generated/artefact_pb.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { hostile } from '../mutate.ts'
import { decodedMessage } from '../protobuf.ts'
import { valueOrRefusal } from '../verdict.ts'

const MOST_BYTES = 64

const rightDigests = fc
  .integer({ min: 0, max: 3 * 2 ** 20 })
  .chain((size) =>
    fc.uint8Array({ minLength: 32 * chunkCount(size), maxLength: 32 * chunkCount(size) }).map((all) => [size, all] as const)
  )
  .map(([size, chunkDigests]) => ({ case: 'digests' as const, value: { size: BigInt(size), chunkDigests } }))

const anyDigests = fc
  .record({ size: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), chunkDigests: fc.uint8Array({ maxLength: 96 }) })
  .map((value) => ({ case: 'digests' as const, value }))

const piece = fc.uint8Array({ maxLength: MOST_BYTES + 8 }).map((value) => ({ case: 'piece' as const, value }))

const refusal = fc
  .record({ reason: fc.oneof(fc.constantFrom('unknown', 'overloaded', 'range'), fc.string()), message: fc.string() })
  .map((value) => ({ case: 'refusal' as const, value }))

const reply = fc
  .oneof(rightDigests, anyDigests, piece, refusal)
  .map((value) => toBinary(ArtefactReplySchema, create(ArtefactReplySchema, { reply: value })))

export const target: FuzzTarget = {
  name: 'artefact reply',
  input: hostile(reply),
  check(input: Uint8Array) {
    const message = decodedMessage(ArtefactReplySchema, input)
    if (message === undefined) return
    const digests = valueOrRefusal(() => digestsFromWire(message))
    if (digests !== undefined) {
      const { size, chunkDigests } = digests
      if (!Number.isSafeInteger(size) || size < 0) throw new Error(`took ${size} for a size`)
      if (chunkCount(size) > MAX_CHUNKS) throw new Error(`took ${size} bytes`)
      if (chunkDigests.length !== 32 * chunkCount(size)) throw new Error('took digests that are not one a chunk')
    }
    const bytes = valueOrRefusal(() => pieceFromWire(message, MOST_BYTES))
    if (bytes !== undefined && (bytes.length === 0 || bytes.length > MOST_BYTES)) throw new Error(`took ${bytes.length} bytes`)
  }
}
