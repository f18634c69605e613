import { create } from '@bufbuild/protobuf'
import { PeerbanditError } from '../../core/errors.ts'
import { EngineError } from '../../router/transport.ts'
import {
  type ArtefactDigests as DigestsMessage,
  type ArtefactReply,
  ArtefactReplySchema,
  type ArtefactRequest as RequestMessage,
  ArtefactRequestSchema
} from '../generated/artefact_pb.ts'
import { artefactCid, type ArtefactId, artefactIdFromBytes, DIGEST_BYTES } from './artefact-id.ts'

/** What is checked, sent for and taken over as a whole, bytes. */
export const CHUNK_BYTES = 1_048_576
/** Most bytes of one piece of a reply. */
export const PIECE_BYTES = 65_536
/** Most bytes of one request: a few chunks. */
const MAX_RANGE_BYTES = 4 * CHUNK_BYTES
/** Most chunks of an artefact, so that its digests fit into a message of 2 MiB: 64 GiB. */
export const MAX_CHUNKS = 65_536

/** A part of an artefact; a length of 0 asks for its digests. */
export interface ArtefactRange {
  readonly id: ArtefactId
  /** Bytes, integers ≥ 0. */
  readonly offset: number
  readonly length: number
}

/** How long an artefact is, and what each chunk of it hashes to. */
export interface ArtefactDigests {
  /** Bytes, ≥ 0. */
  readonly size: number
  /** 32 bytes a chunk. */
  readonly chunkDigests: Uint8Array
}

export function chunkCount(size: number): number {
  return Math.ceil(size / CHUNK_BYTES)
}

function must(ok: boolean, what: string, found: string): void {
  if (!ok) throw new PeerbanditError('ERR_PROTOCOL', `${what}, got ${found}`)
}

export function rangeToWire({ id, offset, length }: ArtefactRange): RequestMessage {
  return create(ArtefactRequestSchema, { cid: artefactCid(id).bytes, offset: BigInt(offset), length })
}

/** @throws ERR_PROTOCOL */
export function rangeFromWire({ cid, offset, length }: RequestMessage): ArtefactRange {
  const last = BigInt(CHUNK_BYTES) * BigInt(MAX_CHUNKS)
  must(offset <= last, `request.offset must be at most ${last}`, String(offset))
  must(length <= MAX_RANGE_BYTES, `request.length must be at most ${MAX_RANGE_BYTES}`, String(length))
  return { id: artefactIdFromBytes(cid), offset: Number(offset), length }
}

export function digestsToWire({ size, chunkDigests }: ArtefactDigests): ArtefactReply {
  return create(ArtefactReplySchema, { reply: { case: 'digests', value: { size: BigInt(size), chunkDigests } } })
}

export function pieceToWire(piece: Uint8Array): ArtefactReply {
  return create(ArtefactReplySchema, { reply: { case: 'piece', value: piece } })
}

export type RefusalReason = 'unknown' | 'overloaded' | 'range'

export function refusalToWire(reason: RefusalReason, message: string): ArtefactReply {
  return create(ArtefactReplySchema, { reply: { case: 'refusal', value: { reason, message } } })
}

function digestsOf({ size, chunkDigests }: DigestsMessage): ArtefactDigests {
  const most = BigInt(CHUNK_BYTES) * BigInt(MAX_CHUNKS)
  must(size <= most, `digests.size must be at most ${most}`, String(size))
  const wanted = chunkCount(Number(size)) * DIGEST_BYTES
  must(chunkDigests.length === wanted, `digests of ${size} bytes must be ${wanted} bytes`, String(chunkDigests.length))
  return { size: Number(size), chunkDigests }
}

const MAX_MESSAGE_LENGTH = 200

/** @throws EngineError for a refusal, ERR_PROTOCOL for anything that is not one either */
function refused({ reply }: ArtefactReply, wanted: string): never {
  if (reply.case === 'refusal') {
    const { reason, message } = reply.value
    const told = `the peer refused (${reason.slice(0, MAX_MESSAGE_LENGTH)}): ${message.slice(0, MAX_MESSAGE_LENGTH)}`
    throw new EngineError(reason === 'overloaded' ? 'overloaded' : 'engine', told)
  }
  throw new PeerbanditError('ERR_PROTOCOL', `a reply must hold ${wanted}, got ${reply.case ?? 'nothing'}`)
}

/** @throws EngineError for a refusal, ERR_PROTOCOL */
export function digestsFromWire(message: ArtefactReply): ArtefactDigests {
  return message.reply.case === 'digests' ? digestsOf(message.reply.value) : refused(message, 'digests')
}

/** @param most bytes that are still wanted @throws EngineError for a refusal, ERR_PROTOCOL */
export function pieceFromWire(message: ArtefactReply, most: number): Uint8Array {
  if (message.reply.case !== 'piece') return refused(message, 'a piece')
  const piece = message.reply.value
  must(piece.length >= 1 && piece.length <= most, `a piece must be of 1 to ${most} bytes`, String(piece.length))
  return piece
}
