import { request } from 'undici'

/** As prom-client and others name what is in use of the JavaScript heap. */
const HEAP_LINE = /^(?:\w+_)?heap_(?:size_)?used_bytes(?:\{[^}]*\})? (\S+)/m

/** The heap in use out of a page of Prometheus' text format, MB (10⁶ bytes); undefined where it does not say. */
export function heapMbOf(page: string): number | undefined {
  const text = HEAP_LINE.exec(page)?.[1]
  return text === undefined ? undefined : Number(text) / 1e6
}

/** The same from a gateway; undefined where it has no such page. */
export async function readHeapMb(metricsUrl: string): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(metricsUrl, { headersTimeout: 5000 })
    const page = await body.text()
    return statusCode === 200 ? heapMbOf(page) : undefined
  } catch {
    return undefined
  }
}
