import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { artefactCid, artefactIdOf } from '../../../src/network/artefacts/artefact-id.ts'
import { rangeFromWire, rangeToWire } from '../../../src/network/artefacts/artefact-wire.ts'
import { ArtefactRequestSchema } from '../../../src/network/generated/artefact_pb.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { hostile } from '../mutate.ts'
import { decodedMessage } from '../protobuf.ts'
import { valueOrRefusal } from '../verdict.ts'

const cid = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => artefactCid(artefactIdOf(digest)).bytes)

const request = fc
  .record({
    cid: fc.oneof(cid, hostile(cid, 64)),
    offset: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    length: fc.integer({ min: 0, max: 2 ** 32 - 1 })
  })
  .map((fields) => toBinary(ArtefactRequestSchema, create(ArtefactRequestSchema, fields)))

const plausible = fc
  .record({ cid, offset: fc.integer({ min: 0, max: 2 ** 36 }).map(BigInt), length: fc.integer({ min: 0, max: 2 ** 22 }) })
  .map((fields) => toBinary(ArtefactRequestSchema, create(ArtefactRequestSchema, fields)))

export const target: FuzzTarget = {
  name: 'artefact request',
  input: hostile(fc.oneof(request, plausible)),
  check(input: Uint8Array) {
    const message = decodedMessage(ArtefactRequestSchema, input)
    if (message === undefined) return
    const range = valueOrRefusal(() => rangeFromWire(message))
    if (range === undefined) return
    const again = rangeFromWire(fromBinary(ArtefactRequestSchema, toBinary(ArtefactRequestSchema, rangeToWire(range))))
    if (JSON.stringify(again) !== JSON.stringify(range)) throw new Error('the request does not come back as it was')
  }
}
