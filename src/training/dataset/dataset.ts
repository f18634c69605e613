import { basename, extname } from 'node:path'
import type { AbortOptions } from '../../core/abort.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { isUrl, sizeOf } from './byte-stream.ts'
import { checkColumns, rowOf } from './columns.ts'
import { csvRecords } from './csv.ts'
import { datasetError } from './fail.ts'
import { isJournalLine, journalRow } from './journal-row.ts'
import { jsonlRecords } from './jsonl.ts'
import { parquetRecords } from './parquet.ts'
import { expandPaths } from './paths.ts'
import type { DatasetRecord, ReadOptions } from './record.ts'

/** How far the reading is. */
export interface DatasetProgress {
  /** Rows given out. */
  readonly rows: number
  /** Lines of journals that tell nothing of throughput: failures, and decisions without an outcome. */
  readonly passedOver: number
  readonly bytes: number
  /** Of all files; undefined where the size of one is not known. */
  readonly totalBytes: number | undefined
}

export interface DatasetOptions extends AbortOptions {
  /** Called now and then, and at the end. */
  readonly onProgress?: (progress: DatasetProgress) => void
}

/** Rows between two reports of progress. */
const REPORT_EVERY = 1_000

type Reader = (path: string, options: ReadOptions) => AsyncGenerator<DatasetRecord>

const READERS: Readonly<Record<string, Reader>> = {
  '.csv': csvRecords,
  '.jsonl': jsonlRecords,
  '.ndjson': jsonlRecords,
  '.parquet': parquetRecords
}

/** A signed link has its signature behind the name. */
function nameOf(path: string): string {
  return basename(isUrl(path) ? new URL(path).pathname : path)
}

function readerOf(path: string): Reader {
  const reader = READERS[extname(nameOf(path)).toLowerCase()] as Reader | undefined
  if (reader === undefined) throw datasetError({ path }, `must end in one of ${Object.keys(READERS).join(', ')}`)
  return reader
}

/** Turns the records of one file into rows. All records of a CSV or Parquet file have the same columns: those are checked once. */
function converter(path: string): (record: DatasetRecord) => MeasuredRow | undefined {
  const source = nameOf(path)
  const checked = new Set<string>()
  return ({ values, place }) => {
    if (isJournalLine(values)) return journalRow(values, place)
    const names = Object.keys(values)
    const key = names.join('\n')
    if (!checked.has(key)) {
      checkColumns(names, place.row === 1 ? { path } : place)
      checked.add(key)
    }
    return rowOf(values, place, source)
  }
}

class Tally {
  rows = 0
  passedOver = 0
  bytes = 0
  #doneBytes = 0
  readonly #totalBytes: number | undefined
  readonly #report: DatasetOptions['onProgress']

  constructor(totalBytes: number | undefined, report: DatasetOptions['onProgress']) {
    this.#totalBytes = totalBytes
    this.#report = report
  }

  count(row: MeasuredRow | undefined, bytes: number): void {
    if (row === undefined) this.passedOver += 1
    else this.rows += 1
    this.bytes = this.#doneBytes + bytes
    if ((this.rows + this.passedOver) % REPORT_EVERY === 0) this.report()
  }

  endFile(size: number | undefined): void {
    this.bytes = this.#doneBytes = size === undefined ? this.bytes : this.#doneBytes + size
  }

  report(): void {
    const { rows, passedOver, bytes } = this
    this.#report?.({ rows, passedOver, bytes, totalBytes: this.#totalBytes })
  }
}

/**
 * The rows of a dataset, one after the other, so that it may be larger than memory: CSV, JSON Lines and Parquet with the columns of
 * columns.ts, and exports of a journal (JSON Lines). The ending of a file's name says which it is.
 * @param patterns files, URLs, and patterns such as `runs/*.parquet`, read in this order
 * @throws ERR_DATASET naming file, row and column; the signal's reason
 */
export async function* datasetRows(patterns: readonly string[], options: DatasetOptions = {}): AsyncGenerator<MeasuredRow> {
  const { signal, onProgress } = options
  const paths = await expandPaths(patterns)
  const readers = paths.map(readerOf)
  const sizes = onProgress === undefined ? [] : await Promise.all(paths.map(sizeOf))
  const total = sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0)
  const tally = new Tally(total, onProgress)
  for (const [i, path] of paths.entries()) {
    const convert = converter(path)
    for await (const record of readers[i](path, signal === undefined ? {} : { signal })) {
      const row = convert(record)
      tally.count(row, record.bytes)
      if (row !== undefined) yield row
    }
    tally.endFile(sizes[i])
  }
  tally.report()
}

/** All rows at once; see {@link datasetRows}. */
export async function readDataset(patterns: readonly string[], options: DatasetOptions = {}): Promise<MeasuredRow[]> {
  const rows: MeasuredRow[] = []
  for await (const row of datasetRows(patterns, options)) rows.push(row)
  return rows
}
