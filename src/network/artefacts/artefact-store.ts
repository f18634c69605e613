import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import { type ArtefactId, artefactIdOf } from './artefact-id.ts'
import { type ArtefactDigests, CHUNK_BYTES, MAX_CHUNKS } from './artefact-wire.ts'

/** An artefact that can be served. */
export interface Artefact extends ArtefactDigests {
  readonly id: ArtefactId
  /** Fills the buffer with the bytes from `offset` on. Rejects when they are not there any more. */
  read(offset: number, into: Uint8Array): Promise<void>
}

/** The artefacts that a peer has. */
export interface ArtefactStore {
  get(id: ArtefactId): Artefact | undefined
}

/** Artefacts that are files, read from the disk when somebody wants them. */
export interface FileStore extends ArtefactStore {
  /**
   * Hashes a file and serves it from now on. The file must not change as long as it is served: what is read then hashes to something
   * else, and its peers take this one for a liar.
   * @throws ERR_INVALID_OPTION for a file that cannot be read or is longer than 64 GiB
   */
  add(path: string): Promise<Artefact>
  /** Closes all files. */
  close(): Promise<void>
}

/** Reads exactly so many bytes. */
export async function readAll(file: FileHandle, into: Uint8Array, offset: number): Promise<void> {
  let filled = 0
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, offset + filled)
    if (bytesRead === 0) throw new Error(`the file ended at ${offset + filled} bytes, ${into.length - filled} too early`)
    filled += bytesRead
  }
}

interface Hashed extends ArtefactDigests {
  readonly digest: Uint8Array
}

/** The digest of a whole file and of each chunk of it, one chunk in memory at a time. */
export async function hashFile(file: FileHandle): Promise<Hashed> {
  const { size } = await file.stat()
  const whole = createHash('sha256')
  const chunks: Buffer[] = []
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, size))
  for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, size - offset))
    await readAll(file, chunk, offset)
    whole.update(chunk)
    chunks.push(createHash('sha256').update(chunk).digest())
  }
  return { size, digest: whole.digest(), chunkDigests: Buffer.concat(chunks) }
}

async function opened(path: string): Promise<FileHandle> {
  const refuse = (problem: string, cause?: unknown) =>
    new PeerbanditError('ERR_INVALID_OPTION', `artefact ${path} ${problem}`, { cause })
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const stats = await file.stat()
    if (!stats.isFile()) throw refuse('must be a file, got something else')
    if (stats.size > CHUNK_BYTES * MAX_CHUNKS) throw refuse(`must be at most 64 GiB, got ${stats.size} bytes`)
    return file
  } catch (error) {
    await file?.close()
    throw error instanceof PeerbanditError ? error : refuse(`cannot be read: ${messageOf(error)}`, error)
  }
}

export function fileStore(): FileStore {
  const artefacts = new Map<ArtefactId, Artefact>()
  const files = new Set<FileHandle>()
  return {
    get: (id) => artefacts.get(id),
    async add(path) {
      const file = await opened(path)
      files.add(file)
      const { size, digest, chunkDigests } = await hashFile(file)
      const id = artefactIdOf(digest)
      const artefact: Artefact = { id, size, chunkDigests, read: (offset, into) => readAll(file, into, offset) }
      artefacts.set(id, artefact)
      return artefact
    },
    async close() {
      artefacts.clear()
      await Promise.all([...files].map((file) => file.close()))
      files.clear()
    }
  }
}
