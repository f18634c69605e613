import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { systemClock } from '../../../src/core/clock.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import { ProviderStore } from '../../../src/network/crowdllama/dht/provider-store.ts'
import { DhtAnswers } from '../../../src/network/crowdllama/dht/serve-dht.ts'
import { KadMessageSchema } from '../../../src/network/generated/crowdllama/dht/kad_pb.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { valueOrRefusal } from '../verdict.ts'

const MAX_RECORDS = 50
const from = { peer: 'peer', id: Uint8Array.of(1, 2, 3), addresses: [] }
const store = new ProviderStore({ clock: systemClock, rng: pcg32(1) }, { maxRecords: MAX_RECORDS })
const answers = new DhtAnswers(
  () => ({ id: Uint8Array.of(9), addresses: [Uint8Array.of(4, 127, 0, 0, 1)] }),
  { find: () => undefined, nearest: () => [] },
  store
)

const peers = fc.array(
  fc.record({
    id: fc.oneof(fc.constant(from.id), fc.uint8Array({ maxLength: 40 })),
    addresses: fc.array(fc.oneof(fc.constant(Uint8Array.of(4, 127, 0, 0, 1)), fc.uint8Array({ maxLength: 300 })), {
      maxLength: 20
    })
  }),
  { maxLength: 3 }
)

const messages = fc
  .record({
    type: fc.integer({ min: -1, max: 7 }),
    key: fc.uint8Array({ maxLength: 90 }),
    providerPeers: peers,
    closerPeers: peers
  })
  .map((fields) => toBinary(KadMessageSchema, create(KadMessageSchema, fields)))

export const target: FuzzTarget = {
  name: 'messages of the DHT',
  input: fc.oneof(fc.uint8Array({ maxLength: 120 }), messages),
  check(bytes: Uint8Array) {
    let message
    try {
      message = fromBinary(KadMessageSchema, bytes)
    } catch {
      return
    }
    valueOrRefusal(() => answers.answer(message, from))
    if (store.size > MAX_RECORDS) throw new Error(`a store of at most ${MAX_RECORDS} holds ${store.size} records`)
  }
}
