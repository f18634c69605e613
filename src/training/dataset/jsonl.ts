import { createInterface } from 'node:readline'
import { messageOf } from '../../core/errors.ts'
import { byteStream } from './byte-stream.ts'
import { badValue, datasetError, type Place, unreadable } from './fail.ts'
import type { DatasetRecord, ReadOptions } from './record.ts'

function objectOf(place: Place, line: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw datasetError(place, `is not JSON: ${messageOf(error)}`, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badValue(place, 'an object', value)
  return value as Readonly<Record<string, unknown>>
}

/**
 * The objects of a JSON Lines file, one a line; lines that are blank are passed over.
 * @param path a file or URL
 * @throws ERR_DATASET naming file, row and line
 */
export async function* jsonlRecords(path: string, options: ReadOptions = {}): AsyncGenerator<DatasetRecord> {
  try {
    const { stream, read } = await byteStream(path, options)
    // readline keeps an error of its input to itself.
    let failed: Error | undefined
    const lines = createInterface({ input: stream, crlfDelay: Infinity })
    stream.once('error', (error) => {
      failed = error
      lines.close()
    })
    let line = 0
    let row = 0
    try {
      for await (const text of lines) {
        line++
        const place = { path, row: row + 1, line }
        const trimmed = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim()
        if (trimmed === '') continue
        row++
        yield { place, values: objectOf(place, trimmed), bytes: read() }
      }
      if (failed !== undefined) throw failed
    } finally {
      stream.destroy()
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw unreadable(path, error)
  }
}
