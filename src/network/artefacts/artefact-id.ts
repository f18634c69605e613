import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { show } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'

/** Names an artefact by its content: CIDv1, raw, sha2-256 of all its bytes, in base32 (`bafkrei…`). */
export type ArtefactId = string

export const DIGEST_BYTES = 32

/** @param digest sha2-256 of the whole artefact */
export function artefactIdOf(digest: Uint8Array): ArtefactId {
  return CID.createV1(raw.code, Digest.create(sha256.code, digest)).toString()
}

function refuse(code: 'ERR_INVALID_OPTION' | 'ERR_PROTOCOL', found: unknown, cause?: unknown): PeerbanditError {
  const message = `an artefact must be named by a CID of version 1, raw, sha2-256, got ${show(found)}`
  return new PeerbanditError(code, message, { cause })
}

function isArtefactCid({ version, code, multihash }: CID): boolean {
  return version === 1 && code === raw.code && multihash.code === sha256.code && multihash.digest.length === DIGEST_BYTES
}

/** @throws ERR_INVALID_OPTION */
export function artefactCid(id: ArtefactId): CID {
  let cid: CID
  try {
    cid = CID.parse(id)
  } catch (cause) {
    throw refuse('ERR_INVALID_OPTION', id, cause)
  }
  if (!isArtefactCid(cid)) throw refuse('ERR_INVALID_OPTION', id)
  return cid
}

/** From the binary form that a peer sent. @throws ERR_PROTOCOL */
export function artefactIdFromBytes(bytes: Uint8Array): ArtefactId {
  let cid: CID
  try {
    cid = CID.decode(bytes)
  } catch (cause) {
    throw refuse('ERR_PROTOCOL', Buffer.from(bytes.subarray(0, 64)).toString('hex'), cause)
  }
  if (!isArtefactCid(cid)) throw refuse('ERR_PROTOCOL', cid.toString())
  return cid.toString()
}
