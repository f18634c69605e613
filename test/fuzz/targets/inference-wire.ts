import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { InferenceFrameSchema, InferenceRequestSchema } from '../../../src/network/generated/peerbandit_pb.ts'
import { eventFromWire, requestFromWire } from '../../../src/network/wire.ts'
import { reportedLoad } from '../messages.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { hostile } from '../mutate.ts'
import { decodedMessage } from '../protobuf.ts'
import { valueOrRefusal } from '../verdict.ts'

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const count = fc.oneof(uint32, fc.integer({ min: 1, max: 1000 }))
const anyText = fc.oneof(fc.json({ maxDepth: 2 }), fc.constantFrom('[]', 'null', '{"a":', '"'), fc.string({ maxLength: 20 }))
const rightObject = fc
  .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(value))
const object = fc.oneof({ weight: 5, arbitrary: rightObject }, { weight: 1, arbitrary: anyText })
const objectOrNone = fc.oneof(fc.constant(''), object)
const part = fc.oneof(
  fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 1 })
)
const call = fc.oneof(
  objectOrNone,
  fc
    .record(
      { endpoint: fc.constantFrom('chat', 'completion', 'embedding', 'x', null), body: part, ollama: part },
      { requiredKeys: ['endpoint'] }
    )
    .map((value) => JSON.stringify(value))
)

type Frame = MessageInitShape<typeof InferenceFrameSchema>['frame']
const load = fc.option(reportedLoad, { nil: undefined })
const chunks = fc.array(object, { maxLength: 2 })

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ text: fc.string({ maxLength: 20 }), count, load, chunks }).map((value) => ({ case: 'tokens' as const, value })),
  fc
    .record({ promptTokens: uint32, outputTokens: uint32, load, chunks, reply: objectOrNone })
    .map((value) => ({ case: 'done' as const, value })),
  fc
    .record({
      reason: fc.oneof(fc.constantFrom('overloaded', 'engine', 'request'), fc.string()),
      message: fc.string(),
      status: fc.oneof(uint32, fc.integer({ min: 400, max: 499 })),
      error: object
    })
    .map((value) => ({ case: 'failure' as const, value }))
)

const request = fc
  .record({ jobId: fc.string(), model: fc.string(), prompt: fc.string(), promptTokens: uint32, maxTokens: count, call })
  .map((fields) => toBinary(InferenceRequestSchema, create(InferenceRequestSchema, fields)))

const reply = frame.map((value) => toBinary(InferenceFrameSchema, create(InferenceFrameSchema, { frame: value })))

/** Requests and frames are read as either: a peer may send one for the other. */
export const target: FuzzTarget = {
  name: 'inference wire',
  input: hostile(fc.oneof(request, reply), 256),
  check(input: Uint8Array) {
    const asked = decodedMessage(InferenceRequestSchema, input)
    const read = asked && valueOrRefusal(() => requestFromWire(asked))
    if (read !== undefined && !(read.maxTokens >= 1 && read.model !== '')) throw new Error('took a request for nothing')
    const answered = decodedMessage(InferenceFrameSchema, input)
    const event = answered && valueOrRefusal(() => eventFromWire(answered))
    if (event?.kind === 'tokens' && !(event.count >= 1)) throw new Error(`took ${event.count} tokens`)
  }
}
