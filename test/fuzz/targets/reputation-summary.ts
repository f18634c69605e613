import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { decodeSummary, encodeSummary, openSummary, signSummary } from '../../../src/network/reputation/summary-codec.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { eventualValueOrRefusal, valueOrRefusal } from '../verdict.ts'

const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
const ids = await Promise.all(
  [2, 3, 4].map(async (n) =>
    peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(n))).toString()
  )
)
const tally = { successes: 3, failures: 1, paceWeight: 2, paceSum: 5 }
const summary = {
  router: peerIdFromPrivateKey(key).toString(),
  sequence: 300,
  atMs: 1_700_000_000_000,
  peers: ids.sort().map((peer) => ({ peer, ...tally }))
}
const encoded = encodeSummary(summary)
const signed = await signSummary(summary, (bytes) => key.sign(bytes))

/** A sound message with some bytes changed, left out or put in. */
function damaged(sound: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat({ max: sound.length - 1 }),
    remove: fc.nat({ max: 3 }),
    insert: fc.uint8Array({ maxLength: 10 })
  })
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    const bytes = [...sound]
    for (const { at, remove, insert } of edits) bytes.splice(at, remove, ...insert)
    return Uint8Array.from(bytes)
  })
}

/** Summaries of outcomes as they come from a topic. */
export const target: FuzzTarget = {
  name: 'reputation summary',
  input: fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged(encoded), damaged(signed)),
  async check(input: Uint8Array) {
    const decoded = valueOrRefusal(() => decodeSummary(input))
    if (decoded !== undefined && !Buffer.from(encodeSummary(decoded)).equals(input))
      throw new Error('a summary has two encodings')
    const opened = await eventualValueOrRefusal(() => openSummary(input))
    if (opened !== undefined && !Buffer.from(signed).equals(input)) throw new Error('a damaged message was taken for signed')
  }
}
