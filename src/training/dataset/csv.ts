import { CsvError, parse } from 'csv-parse'
import { byteStream } from './byte-stream.ts'
import { datasetError, unreadable } from './fail.ts'
import type { DatasetRecord, ReadOptions } from './record.ts'

interface Parsed {
  /** Rows and lines that were read up to here. */
  readonly info: { readonly records: number; readonly lines: number }
  readonly record: Readonly<Record<string, string>>
}

/** Fields longer than this are no figures and no names. */
const LONGEST_RECORD = 1_000_000

const PARSING = {
  bom: true,
  info: true,
  trim: true,
  skip_empty_lines: true,
  max_record_size: LONGEST_RECORD,
  columns: (header: readonly string[]) => header.map((name) => name.trim())
}

function parsingError(path: string, error: CsvError): Error {
  const line = typeof error.lines === 'number' ? error.lines : undefined
  const records = typeof error.records === 'number' ? error.records : undefined
  const place = { path, ...(records === undefined ? {} : { row: records + 1 }), ...(line === undefined ? {} : { line }) }
  return datasetError(place, error.message, error)
}

export interface CsvOptions extends ReadOptions {
  /** Whether rows may have fewer fields than the header. @default false */
  readonly ragged?: boolean
}

/**
 * The rows of a CSV file with a header, one after the other: quoted fields, line ends of all kinds, a byte order mark.
 * @param path a file or URL
 * @throws ERR_DATASET naming file, row and line
 */
export async function* csvRecords(path: string, options: CsvOptions = {}): AsyncGenerator<DatasetRecord> {
  const parser = parse({ ...PARSING, relax_column_count_less: options.ragged ?? false })
  try {
    const { stream, read } = await byteStream(path, options)
    stream.once('error', (error) => parser.destroy(error))
    parser.once('close', () => stream.destroy())
    for await (const parsed of stream.pipe(parser)) {
      const { info, record } = parsed as Parsed
      yield { place: { path, row: info.records, line: info.lines }, values: record, bytes: read() }
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error instanceof CsvError ? parsingError(path, error) : unreadable(path, error)
  } finally {
    parser.destroy()
  }
}
