import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { byteStream, isUrl } from './byte-stream.ts'
import { readDataset, type DatasetOptions } from './dataset.ts'
import { unreadable } from './fail.ts'
import { expandPaths } from './paths.ts'

/** A file of data, as a model's card names it. */
export interface DataFile {
  /** Without its folder: that differs from machine to machine. A URL without what is asked of the server. */
  readonly file: string
  /** Hexadecimal, of its bytes; of URLs null, since they would have to be read twice. */
  readonly sha256: string | null
}

/** A file with what is in it. */
export interface ReadDataFile extends DataFile {
  readonly rows: readonly MeasuredRow[]
}

async function hashOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  try {
    const { stream } = await byteStream(path, signal === undefined ? {} : { signal })
    for await (const chunk of stream) hash.update(chunk as Buffer)
  } catch (error) {
    signal?.throwIfAborted()
    throw unreadable(path, error)
  }
  return hash.digest('hex')
}

async function fileOf(path: string, signal?: AbortSignal): Promise<DataFile> {
  if (!isUrl(path)) return { file: basename(path), sha256: await hashOf(path, signal) }
  const { origin, pathname } = new URL(path)
  return { file: `${origin}${pathname}`, sha256: null }
}

/** All rows of files, file by file, with the files' hashes. @param patterns as in dataset.ts @throws ERR_DATASET; the signal's reason */
export async function readDataFiles(patterns: readonly string[], options: DatasetOptions = {}): Promise<ReadDataFile[]> {
  const files: ReadDataFile[] = []
  for (const path of await expandPaths(patterns)) {
    const rows = await readDataset([path], options)
    files.push({ ...(await fileOf(path, options.signal)), rows })
  }
  return files
}
