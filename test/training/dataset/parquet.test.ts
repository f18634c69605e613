import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, describe, expect, it } from 'vitest'
import { readDataset } from '../../../src/training/dataset/dataset.ts'
import { refusal, testFolder } from './support.ts'

const { path, write } = testFolder()

type Columns = Parameters<typeof parquetWriteBuffer>[0]['columnData']

/** Three row groups of two rows. */
const COLUMNS: Columns = [
  { name: 'gpu', data: ['A10', 'A10', 'T4', 'T4', 'L4', 'L4'], type: 'STRING' },
  { name: 'params_b', data: [1, 2, 3, 4, 5, 6], type: 'DOUBLE' },
  { name: 'concurrency', data: [1n, 2n, 3n, 4n, 5n, 6n], type: 'INT64' },
  { name: 'tokens_per_second', data: [60, 50, null, 30, 20, 10], type: 'DOUBLE', nullable: true }
]

function bytesOf(columnData: Columns): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 }))
}

async function parquetOf(name: string, columns: Columns): Promise<string> {
  await writeFile(path(name), bytesOf(columns))
  return path(name)
}

describe('Parquet', () => {
  it('is read row group by row group, numbers of all kinds, null as missing', async () => {
    const rows = await readDataset([await parquetOf('runs.parquet', COLUMNS)])
    expect(rows.map(({ query }) => [query.gpu, query.paramsB, query.concurrency])).toEqual([
      ['A10', 1, 1],
      ['A10', 2, 2],
      ['T4', 3, 3],
      ['T4', 4, 4],
      ['L4', 5, 5],
      ['L4', 6, 6]
    ])
    expect(rows.map(({ tokensPerSecond }) => tokensPerSecond)).toEqual([60, 50, undefined, 30, 20, 10])
  })

  it('names row and column of what cannot be', async () => {
    const speeds = [60, 50, 40, NaN, 20, 10]
    const bad = COLUMNS.map((column) => (column.name === 'tokens_per_second' ? { ...column, data: speeds } : column))
    expect(await refusal(await parquetOf('bad.parquet', bad))).toBe(
      'bad.parquet row 4, column tokens_per_second: must be a number above 0, got NaN'
    )
    const unknown = [...COLUMNS, { name: 'speed', data: [1, 2, 3, 4, 5, 6], type: 'DOUBLE' as const }]
    expect(await refusal(await parquetOf('unknown.parquet', unknown))).toMatch(/^unknown\.parquet: unknown column "speed"/)
  })

  it('says so of a file that is none', async () => {
    expect(await refusal(await write('text.parquet', 'gpu,params_b\nT4,1\n'))).toMatch(/^text\.parquet: cannot be read: /)
    expect(await refusal(path('none.parquet'))).toBe('none.parquet: does not exist')
  })
})

describe('over HTTP, as from an object store', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  async function serve(content: Uint8Array): Promise<{ url: string; ranges: string[] }> {
    const ranges: string[] = []
    server = createServer((request, response) => {
      if (request.url?.startsWith('/none') === true) return response.writeHead(404).end()
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
      if (from !== undefined) ranges.push(`${from}-${to}`)
      const part = from === undefined ? content : content.subarray(Number(from), Number(to) + 1)
      response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length })
      return response.end(request.method === 'HEAD' ? undefined : part)
    })
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges }
  }

  it('Parquet is fetched in parts', async () => {
    const { url, ranges } = await serve(bytesOf(COLUMNS))
    expect(await readDataset([`${url}/runs.parquet?signature=a.b`])).toHaveLength(6)
    expect(ranges.length).toBeGreaterThan(1)
  })

  it('CSV streams, with its size', async () => {
    const { url } = await serve(Buffer.from('gpu,params_b\nT4,1\n'))
    const totals: (number | undefined)[] = []
    const rows = await readDataset([`${url}/runs.csv`], { onProgress: ({ totalBytes }) => totals.push(totalBytes) })
    expect([rows.length, totals]).toEqual([1, [18]])
    expect(await refusal(`${url}/none.csv`)).toMatch(/none\.csv: the server answered 404$/)
  })
})
