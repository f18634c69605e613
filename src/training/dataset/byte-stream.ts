import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { datasetError } from './fail.ts'
import type { ReadOptions } from './record.ts'

/** Whether a path is on a web server or an object store, e.g. a signed link to a bucket. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

/** The bytes of a file or URL, and how many have passed. */
export interface ByteStream {
  readonly stream: Readable
  readonly read: () => number
}

async function responseBody(path: string, signal?: AbortSignal): Promise<Readable> {
  const response = await fetch(path, signal === undefined ? {} : { signal })
  if (!response.ok || response.body === null) throw datasetError({ path }, `the server answered ${response.status}`)
  return Readable.fromWeb(response.body)
}

/** @throws ERR_DATASET for a URL that answers with an error; what the file system throws comes with the stream */
export async function byteStream(path: string, { signal }: ReadOptions = {}): Promise<ByteStream> {
  const source = isUrl(path) ? await responseBody(path, signal) : createReadStream(path, { signal })
  let bytes = 0
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      done(null, chunk)
    }
  })
  source.once('error', (error: Error) => counting.destroy(error))
  counting.once('close', () => source.destroy())
  return { stream: source.pipe(counting), read: () => bytes }
}

/** Bytes of a file or URL; undefined where that is not known. */
export async function sizeOf(path: string): Promise<number | undefined> {
  if (!isUrl(path))
    return stat(path).then(
      ({ size }) => size,
      () => undefined
    )
  const response = await fetch(path, { method: 'HEAD' }).catch(() => undefined)
  const length = Number(response?.headers.get('content-length') ?? NaN)
  return length > 0 ? length : undefined
}
