import { type AsyncBuffer, asyncBufferFromFile, asyncBufferFromUrl, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { isUrl } from './byte-stream.ts'
import { unreadable } from './fail.ts'
import type { DatasetRecord, ReadOptions } from './record.ts'

/** Rows that are held at once, at most: files of one huge row group are read in parts of it. */
const ROWS_AT_ONCE = 50_000

function openParquet(path: string, signal?: AbortSignal): Promise<AsyncBuffer> {
  if (!isUrl(path)) return asyncBufferFromFile(path)
  return asyncBufferFromUrl({ url: path, ...(signal === undefined ? {} : { requestInit: { signal } }) })
}

/** Ranges of rows that lie in one row group each. */
function* rangesOf(groups: readonly { readonly num_rows: bigint }[]): Generator<readonly [start: number, end: number]> {
  let start = 0
  for (const { num_rows } of groups) {
    const end = start + Number(num_rows)
    for (let from = start; from < end; from += ROWS_AT_ONCE) yield [from, Math.min(end, from + ROWS_AT_ONCE)]
    start = end
  }
}

/**
 * The rows of a Parquet file, a row group at a time; of a URL, only the parts that are needed are fetched. Compressed by Snappy, gzip,
 * Zstandard, Brotli or LZ4.
 * @param path a file or URL
 * @throws ERR_DATASET naming the file
 */
export async function* parquetRecords(path: string, { signal }: ReadOptions = {}): AsyncGenerator<DatasetRecord> {
  try {
    const file = await openParquet(path, signal)
    const metadata = await parquetMetadataAsync(file)
    const rows = Number(metadata.num_rows)
    for (const [rowStart, rowEnd] of rangesOf(metadata.row_groups)) {
      signal?.throwIfAborted()
      const objects = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors })
      for (const [i, values] of objects.entries()) {
        const row = rowStart + i + 1
        yield { place: { path, row }, values, bytes: Math.round((file.byteLength * row) / rows) }
      }
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw unreadable(path, error)
  }
}
