import { create, toBinary } from '@bufbuild/protobuf'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { OutcomeSummarySchema, SignedSummarySchema } from '../../../src/network/generated/peerbandit_pb.ts'
import {
  decodeSummary,
  encodeSummary,
  MAX_SIGNED_SUMMARY_BYTES,
  openSummary,
  signSummary
} from '../../../src/network/reputation/summary-codec.ts'
import { checkSummary, type Summary } from '../../../src/reputation/summary.ts'
import { target } from '../../fuzz/targets/reputation-summary.ts'
import { tallies } from '../../reputation/arbitraries.ts'
import { rejection } from '../support.ts'
import { type Identity, identityOf, NOW_MS, summaryBy } from './support.ts'

let router: Identity
let other: Identity
let peers: string[]

beforeAll(async () => {
  router = await identityOf(1)
  other = await identityOf(2)
  peers = await Promise.all([3, 4, 5].map(async (number) => (await identityOf(number)).id))
})

const sign = (identity: Identity) => (bytes: Uint8Array) => identity.key.sign(bytes)
const refused = (problem: string) =>
  expect.objectContaining({ code: 'ERR_PROTOCOL', message: expect.stringContaining(problem) as string }) as Error

function wrapped(summary: Uint8Array, signature: Uint8Array): Uint8Array {
  return toBinary(SignedSummarySchema, create(SignedSummarySchema, { summary, signature }))
}

describe('the codec of summaries', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.array(tallies, { maxLength: 3 }), fc.integer({ min: 1 }), fc.nat(), (some, sequence, atMs) => {
        const names = [...peers].sort()
        const summary = { router: router.id, sequence, atMs, peers: some.map((tally, i) => ({ peer: names[i], ...tally })) }
        expect(decodeSummary(encodeSummary(summary))).toEqual(summary)
      })
    )
  })

  it('has a form that does not change', () => {
    const summary = summaryBy(router.id, [peers[0]], { sequence: 1, atMs: 2 })
    const hex = Buffer.from(encodeSummary(summary)).toString('hex')
    const peer = summary.peers[0].peer
    const text = (value: string) => Buffer.from(value).toString('hex')
    const double = (value: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value)
      return bytes.toString('hex')
    }
    const figures = `11${double(12.5)}19${double(0.25)}21${double(12)}29${double(12 * Math.log(15))}`
    expect(peer).toHaveLength(52)
    expect(hex).toBe(`0a34${text(router.id)}10011802225a0a34${text(peer)}${figures}`)
  })

  it('opens what its router signed', async () => {
    const summary = summaryBy(router.id, peers)
    expect(await openSummary(await signSummary(summary, sign(router)))).toEqual(summary)
  })

  it('refuses a signature by another key, over other bytes, or without the domain', async () => {
    const summary = summaryBy(router.id, peers)
    const encoded = encodeSummary(summary)
    expect(await rejection(openSummary(await signSummary(summary, sign(other))))).toEqual(refused('signature must be that of'))
    expect(await rejection(openSummary(wrapped(encoded, await router.key.sign(encoded))))).toEqual(
      refused('signature must be that of')
    )
    const signature = new Uint8Array(64)
    expect(await rejection(openSummary(wrapped(encoded, signature)))).toEqual(refused('signature must be that of'))
    expect(await rejection(openSummary(wrapped(encoded, signature.slice(1))))).toEqual(refused('64 bytes'))
  })

  it('refuses every bit that is changed on the way', async () => {
    const bytes = await signSummary(summaryBy(router.id, [peers[0]]), sign(router))
    for (let i = 0; i < bytes.length; i++) {
      const changed = Uint8Array.from(bytes)
      changed[i] ^= 1
      expect(await rejection(openSummary(changed))).toEqual(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
    }
  })

  it('refuses another encoding of the same: unknown fields, fields twice, longer numbers', () => {
    const encoded = encodeSummary(summaryBy(router.id, [peers[0]], { sequence: 5 }))
    const unknown = Uint8Array.from([...encoded, 0x78, 0x01])
    const twice = Uint8Array.from([...encoded, 0x10, 0x05])
    const at = encoded.indexOf(0x10, 54)
    const longer = Uint8Array.from([...encoded.slice(0, at + 1), 0x85, 0x00, ...encoded.slice(at + 2)])
    for (const bytes of [unknown, twice, longer]) expect(() => decodeSummary(bytes)).toThrow(refused('one encoding'))
  })

  it('refuses figures and names that no router may send', () => {
    const sound = summaryBy(router.id, [peers[0]])
    const [tally] = sound.peers
    const wrong: readonly Partial<Summary>[] = [
      { peers: [{ ...tally, failures: NaN }] },
      { peers: [{ ...tally, successes: -1 }] },
      { peers: [{ ...tally, paceSum: 1e300 }] },
      { peers: [{ ...tally, peer: 'ollama on the desk' }] },
      { peers: [{ ...tally, peer: 'z' }] },
      { router: 'nobody' },
      { peers: [{ ...tally, peer: router.id }] }
    ]
    for (const over of wrong) {
      const { router: name, sequence, atMs, peers: some } = { ...sound, ...over }
      const message = { router: name, sequence: BigInt(sequence), atMs: BigInt(atMs), peers: [...some] }
      const bytes = toBinary(OutcomeSummarySchema, create(OutcomeSummarySchema, message))
      expect(() => decodeSummary(bytes)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }) as Error)
    }
    const late = create(OutcomeSummarySchema, { router: router.id, sequence: 2n ** 60n, atMs: BigInt(NOW_MS) })
    expect(() => decodeSummary(toBinary(OutcomeSummarySchema, late))).toThrow(refused('sequence'))
  })

  it('refuses too many bytes unread, and does not send them', async () => {
    const bytes = new Uint8Array(MAX_SIGNED_SUMMARY_BYTES + 1)
    expect(await rejection(openSummary(bytes))).toEqual(refused('at most 32768 bytes'))
    expect(() => decodeSummary(bytes)).toThrow(refused('at most 32768 bytes'))
    const long = Array.from({ length: 256 }, (_, i) => `${String(i).padStart(3, '0')}${'x'.repeat(120)}`)
    expect(await rejection(signSummary(summaryBy(router.id, long), sign(router)))).toEqual(refused('at most 32768 bytes'))
  })

  it('has room for as many peers as a summary may have', async () => {
    const many = await Promise.all(Array.from({ length: 256 }, (_, i) => identityOfTwo(i)))
    const summary = checkSummary(summaryBy(router.id, many))
    const bytes = await signSummary(summary, sign(router))
    expect(bytes.length).toBeLessThanOrEqual(MAX_SIGNED_SUMMARY_BYTES)
    expect(await openSummary(bytes)).toEqual(summary)
  })

  it('stands anything', async () => {
    await fc.assert(
      fc.asyncProperty(target.input, async (input) => {
        await target.check(input as never)
      }),
      { numRuns: 300 }
    )
  })
})

async function identityOfTwo(number: number): Promise<string> {
  const seed = new Uint8Array(32).fill(9)
  seed[0] = number
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString()
}
