import { createHash } from 'node:crypto'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import { type ArtefactId, artefactIdOf, DIGEST_BYTES } from './artefact-id.ts'
import { hashFile, readAll } from './artefact-store.ts'
import { type ArtefactDigests, CHUNK_BYTES, chunkCount } from './artefact-wire.ts'

/** Bytes of a chunk: all but the last have the same. */
export function chunkBytes({ size }: ArtefactDigests, chunk: number): number {
  return Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES)
}

export function isChunk({ chunkDigests }: ArtefactDigests, chunk: number, bytes: Uint8Array): boolean {
  const wanted = chunkDigests.subarray(chunk * DIGEST_BYTES, (chunk + 1) * DIGEST_BYTES)
  return createHash('sha256').update(bytes).digest().equals(wanted)
}

/** The file that a download goes to until it is whole: `<path>.part`. */
export interface PartFile {
  readonly path: string
  /** Which chunks are there already, from a download that was broken off: whatever hashes right is. Makes the file as long as it will be. */
  resume(digests: ArtefactDigests): Promise<Set<number>>
  write(chunk: number, bytes: Uint8Array): Promise<void>
  /** Whether the whole hashes to the id. If so, it takes its final name, and is closed. */
  finish(id: ArtefactId): Promise<boolean>
  /** Leaves what is there for the next download. */
  close(): Promise<void>
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    // Neither 'r+' nor 'w+': it is made where it is not there, and kept where it is.
    return await open(path, 'a+').then(async (made) => {
      await made.close()
      return open(path, 'r+')
    })
  } catch (cause) {
    const message = `${path} cannot be written: ${messageOf(cause)}`
    throw new PeerbanditError('ERR_INVALID_OPTION', message, { cause })
  }
}

/** @throws ERR_INVALID_OPTION where the file cannot be written */
export async function partFile(finalPath: string): Promise<PartFile> {
  const path = `${finalPath}.part`
  const file = await openOrCreate(path)
  let open = true

  async function close(): Promise<void> {
    if (!open) return
    open = false
    await file.close()
  }

  return {
    path,
    async resume(digests) {
      const there = new Set<number>()
      const { size: before } = await file.stat()
      const buffer = new Uint8Array(CHUNK_BYTES)
      const whole = Math.min(before, digests.size)
      for (let chunk = 0; chunk < chunkCount(digests.size); chunk++) {
        const bytes = buffer.subarray(0, chunkBytes(digests, chunk))
        if (chunk * CHUNK_BYTES + bytes.length > whole) break
        await readAll(file, bytes, chunk * CHUNK_BYTES)
        if (isChunk(digests, chunk, bytes)) there.add(chunk)
      }
      await file.truncate(digests.size)
      return there
    },
    async write(chunk, bytes) {
      let written = 0
      while (written < bytes.length) {
        const result = await file.write(bytes, written, bytes.length - written, chunk * CHUNK_BYTES + written)
        written += result.bytesWritten
      }
    },
    async finish(id) {
      const { digest } = await hashFile(file)
      if (artefactIdOf(digest) !== id) return false
      await file.sync()
      await close()
      await rename(path, finalPath)
      return true
    },
    close
  }
}
