import { open, type FileHandle } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'

/**
 * The lines of a text file, one after the other, without a byte order mark.
 * @throws ERR_TRACE for a file that cannot be read, naming it; the signal's reason
 */
export async function* textLines(path: string, signal?: AbortSignal): AsyncGenerator<string> {
  let file: FileHandle | undefined
  let isFirst = true
  try {
    file = await open(path)
    for await (const line of file.readLines()) {
      signal?.throwIfAborted()
      yield isFirst ? line.replace(/^\uFEFF/, '') : line
      isFirst = false
    }
  } catch (error) {
    signal?.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`
    throw new PeerbanditError('ERR_TRACE', `${path} ${what}`, { cause: error })
  }
}
