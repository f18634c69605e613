import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/core/clock.ts'
import { pcg32 } from '../../../../src/core/rng.ts'
import { type InstantServer, startInstantServer } from '../instant-server.ts'
import { heapMbOf, readHeapMb } from './heap.ts'
import { kindBy, KINDS } from './mixed-request.ts'
import { runSoak, type SoakOptions } from './run-soak.ts'
import { soakCommand } from './soak-options.ts'

let backend: InstantServer
beforeAll(async () => {
  backend = await startInstantServer(1)
})
afterAll(() => {
  backend.close()
})

const options = (lines: string[], more: Partial<SoakOptions> = {}): SoakOptions => ({
  ...{ url: `${backend.url}/chat/completions`, headers: {}, pid: process.pid, metricsUrl: `${backend.url}/metrics` },
  ...{ minutes: 0.01, perSecond: 400, seed: 1, sampleSeconds: 0.1, limitMbPerHour: 5 },
  ...{ clock: systemClock, write: (line: string) => lines.push(line), signal: new AbortController().signal },
  ...more
})

describe('runSoak', () => {
  it('sends all kinds of requests at its rate, and watches memory', async () => {
    const { samples, counts, rss, heap } = await runSoak(options([]))
    expect(samples).toHaveLength(6)
    expect(counts.sent).toBeGreaterThan(200)
    expect(counts.failures).toEqual({})
    expect(Object.values(counts.ofKind).reduce((sum, count) => sum + count)).toBe(counts.sent)
    for (const kind of KINDS) expect(counts.ofKind[kind]).toBeGreaterThan(0)
    expect(samples[0].rssMb).toBeGreaterThan(10)
    expect(rss).toBeUndefined()
    expect(heap).toBeUndefined()
  })

  it('ends early with what there is', async () => {
    const { samples, verdict } = await runSoak(options([], { minutes: 60, signal: AbortSignal.abort() }))
    expect(samples).toEqual([])
    expect(verdict).toBe('unclear')
  })

  it('fails where the gateway is gone', async () => {
    await expect(runSoak(options([], { pid: 2 ** 30 }))).rejects.toThrow(/the gateway has ended/)
  })
})

describe('the heap', () => {
  const page =
    '# TYPE nodejs_heap_size_used_bytes gauge\nnodejs_heap_size_total_bytes 9e7\nnodejs_heap_size_used_bytes 42000000\n'

  it('is read off a page of metrics', async () => {
    expect(heapMbOf(page)).toBe(42)
    expect(heapMbOf('peerbandit_heap_used_bytes{side="a"} 1.5e6')).toBe(1.5)
    expect(heapMbOf('up 1')).toBeUndefined()
    const server = createServer((_request, response) => response.end(page))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    expect(await readHeapMb(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).toBe(42)
    server.close()
    server.closeAllConnections()
  })

  it('is unknown where there is no such page', async () => {
    expect(await readHeapMb(`${backend.url}/metrics`)).toBeUndefined()
    expect(await readHeapMb('http://127.0.0.1:9/metrics')).toBeUndefined()
  })
})

it('mixes kinds as planned', () => {
  const rng = pcg32(3)
  const kinds = Array.from({ length: 10_000 }, () => kindBy(rng))
  expect(kinds.filter((kind) => kind === 'reply').length / 10_000).toBeCloseTo(0.4, 1)
  expect(kinds.filter((kind) => kind === 'abort').length / 10_000).toBeCloseTo(0.1, 1)
})

it('reads its command line', () => {
  expect(soakCommand([])).toMatchObject({ gateway: 'peerbandit', minutes: 60, rate: 50, sampleSeconds: 10 })
  expect(soakCommand(['--url', 'http://a/v1/chat/completions', '--pid', '7'])).toMatchObject({ pid: 7 })
  expect(() => soakCommand(['--pid', '7'])).toThrow(/go together/)
  expect(() => soakCommand(['--gateway', 'nginx'])).toThrow(/one of/)
})
