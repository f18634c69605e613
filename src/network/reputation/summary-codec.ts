import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { peerIdFromString } from '@libp2p/peer-id'
import { show } from '../../core/check.ts'
import { PeerbanditError, messageOf } from '../../core/errors.ts'
import { checkSummary, type Summary } from '../../reputation/summary.ts'
import { OutcomeSummarySchema, SignedSummarySchema } from '../generated/peerbandit_pb.ts'

/** Room for 256 peers, each with an id of 64 characters and four figures. */
export const MAX_SIGNED_SUMMARY_BYTES = 32_768
const SIGNATURE_BYTES = 64

/** What is signed begins with this, so that no signature for anything else passes for one of a summary, nor the other way round. */
const DOMAIN = new TextEncoder().encode('peerbandit-reputation-v1\0')

function refuse(problem: string, cause?: unknown): never {
  throw new PeerbanditError('ERR_PROTOCOL', `signed summary: ${problem}`, { cause })
}

function signedBytes(summary: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DOMAIN.length + summary.length)
  bytes.set(DOMAIN)
  bytes.set(summary, DOMAIN.length)
  return bytes
}

/** Decodes what has only one encoding: a content with two would have two signatures, and room for what nobody reads. */
function decodeStrictly<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  let message: MessageShape<Desc>
  try {
    // Unknown fields are left out, and so missing when it is written again.
    message = fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (cause) {
    refuse(`must hold a ${schema.typeName}, got bytes that are not: ${messageOf(cause)}`, cause)
  }
  if (Buffer.compare(toBinary(schema, message), bytes) !== 0)
    refuse(`a ${schema.typeName} must be in its one encoding, got another`)
  return message
}

/** A peer id as libp2p writes it. */
function checkPeerId(field: string, id: string): void {
  let written: string
  try {
    written = peerIdFromString(id).toString()
  } catch (cause) {
    refuse(`${field} must be a peer id, got ${show(id)}`, cause)
  }
  if (written !== id) refuse(`${field} must be a peer id as libp2p writes it, got ${show(id)}`)
}

function integer(field: string, value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) refuse(`${field} must be at most ${Number.MAX_SAFE_INTEGER}, got ${value}n`)
  return number
}

/** The one encoding of a summary. @throws ERR_PROTOCOL for what it may not hold */
export function encodeSummary(summary: Summary): Uint8Array {
  const { router, sequence, atMs, peers } = checkSummary(summary)
  const message = create(OutcomeSummarySchema, { router, sequence: BigInt(sequence), atMs: BigInt(atMs), peers: [...peers] })
  return toBinary(OutcomeSummarySchema, message)
}

/** @throws ERR_PROTOCOL for bytes that no router may send */
export function decodeSummary(bytes: Uint8Array): Summary {
  if (bytes.length > MAX_SIGNED_SUMMARY_BYTES) refuse(`must be at most ${MAX_SIGNED_SUMMARY_BYTES} bytes, got ${bytes.length}`)
  const message = decodeStrictly(OutcomeSummarySchema, bytes)
  const summary = checkSummary({
    router: message.router,
    sequence: integer('sequence', message.sequence),
    atMs: integer('atMs', message.atMs),
    peers: message.peers.map(({ peer, successes, failures, paceWeight, paceSum }) => ({
      peer,
      successes,
      failures,
      paceWeight,
      paceSum
    }))
  })
  checkPeerId('router', summary.router)
  for (const { peer } of summary.peers) checkPeerId('peer', peer)
  return summary
}

/**
 * A summary under its router's signature.
 * @param sign by the Ed25519 key that the router's peer id is of
 * @throws ERR_PROTOCOL for a summary that others would refuse
 */
export async function signSummary(
  summary: Summary,
  sign: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>
): Promise<Uint8Array> {
  const encoded = encodeSummary(summary)
  const signature = await sign(signedBytes(encoded))
  const bytes = toBinary(SignedSummarySchema, create(SignedSummarySchema, { summary: encoded, signature }))
  if (bytes.length > MAX_SIGNED_SUMMARY_BYTES) refuse(`must be at most ${MAX_SIGNED_SUMMARY_BYTES} bytes, got ${bytes.length}`)
  return bytes
}

/**
 * The summary in a message, whose router has signed it.
 * @throws ERR_PROTOCOL for too many bytes, anything but the one encoding, absurd figures, and a signature that is not the router's
 */
export async function openSummary(bytes: Uint8Array): Promise<Summary> {
  if (bytes.length > MAX_SIGNED_SUMMARY_BYTES) refuse(`must be at most ${MAX_SIGNED_SUMMARY_BYTES} bytes, got ${bytes.length}`)
  const { summary: encoded, signature } = decodeStrictly(SignedSummarySchema, bytes)
  if (signature.length !== SIGNATURE_BYTES) refuse(`a signature must be ${SIGNATURE_BYTES} bytes, got ${signature.length}`)
  const summary = decodeSummary(encoded)
  const { publicKey } = peerIdFromString(summary.router)
  if (publicKey?.type !== 'Ed25519') refuse(`the router must have an Ed25519 key, got the id ${summary.router}`)
  const signed = await Promise.resolve(publicKey.verify(signedBytes(encoded), signature)).catch(() => false)
  if (!signed) refuse(`the signature must be that of ${summary.router}, got another`)
  return summary
}
