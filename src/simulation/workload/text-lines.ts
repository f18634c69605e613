import { open, type FileHandle } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'

/** Ends the reading: says what a line must be. @throws ERR_TRACE */
export type Fail = (requirement: string) => never

/** A decimal number of at least 0; NaN for any other text. */
export function decimalOf(text: string): number {
  return /^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN
}

interface TextLine {
  readonly text: string
  /** Names file and line. */
  readonly fail: Fail
}

/**
 * The lines of a text file that are not blank, one after the other, without a byte order mark.
 * @throws ERR_TRACE for a file that cannot be read, naming it; the signal's reason
 */
export async function* textLines(path: string, signal?: AbortSignal): AsyncGenerator<TextLine> {
  let file: FileHandle | undefined
  let number = 0
  const failAt = (line: number): Fail => {
    return (requirement) => {
      throw new PeerbanditError('ERR_TRACE', `${path} line ${line}: ${requirement}`)
    }
  }
  try {
    file = await open(path)
    for await (const line of file.readLines()) {
      signal?.throwIfAborted()
      number++
      const text = number === 1 ? line.replace(/^\uFEFF/, '') : line
      if (text.trim() !== '') yield { text, fail: failAt(number) }
    }
  } catch (error) {
    signal?.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`
    throw new PeerbanditError('ERR_TRACE', `${path} ${what}`, { cause: error })
  }
}
