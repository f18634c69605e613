import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Shape } from './chat.ts'
import { startBackend, startLoadGenerator } from './children.ts'
import { type InstantServer, startInstantServer } from './instant-server.ts'
import { type LoadJob, runLoad } from './load.ts'

let backend: InstantServer
beforeAll(async () => {
  backend = await startInstantServer(1)
})
afterAll(() => {
  backend.close()
})

const jobOf = (shape: Shape, more: Partial<LoadJob> = {}): LoadJob => ({
  ...{ url: `${backend.url}/chat/completions`, headers: {}, shape, tokens: 100, connections: 4, requests: 20 },
  ...more
})

describe('the load generator in front of the instant server', () => {
  it('counts answers whole', async () => {
    const result = await runLoad(jobOf('reply'), systemClock)
    expect(result).toMatchObject({ answers: 20, failures: {}, tokensPerSecond: 0 })
    expect(result.latencyMs).toMatchObject({ count: 20 })
    expect(result.latencyMs!.p50).toBeGreaterThanOrEqual(result.firstByteMs!.p50)
    expect(result.answersPerSecond).toBeCloseTo(20 / result.seconds)
  })

  it('counts the tokens of fast streams', async () => {
    const result = await runLoad(jobOf('flood'), systemClock)
    expect(result).toMatchObject({ answers: 20, failures: {}, tokenDelayUs: undefined })
    expect(result.tokensPerSecond).toBeCloseTo(2000 / result.seconds)
  })

  it('tells how long each token of paced streams took', async () => {
    const result = await runLoad(jobOf('paced', { tokens: 5 }), systemClock)
    expect(result).toMatchObject({ answers: 20, failures: {} })
    expect(result.tokenDelayUs).toMatchObject({ count: 100 })
    expect(result.latencyMs!.p50).toBeGreaterThanOrEqual(4)
  })

  it('counts nothing of the warm-up', async () => {
    const result = await runLoad(jobOf('reply', { warmUpMs: 600_000 }), systemClock)
    expect(result).toMatchObject({ answers: 0, failures: {}, answersPerSecond: 0, latencyMs: undefined })
  })

  it('starts no more after its time', async () => {
    const result = await runLoad(jobOf('reply', { requests: undefined, durationMs: 50 }), systemClock)
    expect(result.answers).toBeGreaterThan(0)
    expect(result.failures).toEqual({})
  })
})

describe('answers that are not right', () => {
  let wrong: Server | undefined
  afterEach(() => wrong?.close())

  async function answering(status: number, body: string): Promise<string> {
    wrong = createServer((_request, response) => {
      response.writeHead(status).end(body)
    })
    await new Promise<void>((resolve) => wrong!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(wrong.address() as AddressInfo).port}/v1/chat/completions`
  }

  it.each([
    ['reply', 500, '{}', 'status 500'],
    ['reply', 200, '{"choices":[{"message":{"content":"no"}}]}', 'another text'],
    ['reply', 200, '<html>', 'no JSON'],
    ['flood', 200, 'data: [DONE]\n\n', '0 tokens of 100']
  ] as const)('of a %s with status %i and body %s count as "%4$s"', async (shape, status, body, fault) => {
    const result = await runLoad(jobOf(shape, { url: await answering(status, body) }), systemClock)
    expect(result).toMatchObject({ answers: 0, failures: { [fault]: 20 }, answersPerSecond: 0 })
  })

  it('are those of a server that is not there', async () => {
    const url = await answering(200, '')
    await new Promise((resolve) => wrong!.close(resolve))
    const { answers, failures } = await runLoad(jobOf('reply', { url, connections: 1, requests: 2 }), systemClock)
    expect(answers).toBe(0)
    expect(Object.values(failures)).toEqual([2])
  })
})

it('refuses models and paths that there are not, and lists models', async () => {
  const post = (path: string, body: string) => fetch(backend.url + path, { method: 'POST', body })
  expect((await post('/chat/completions', '{"model":"other"}')).status).toBe(400)
  expect((await post('/chat/completions', '{')).status).toBe(400)
  expect((await post('/embeddings', '{}')).status).toBe(404)
  const listing = (await (await fetch(`${backend.url}/models`)).json()) as { data: { id: string }[] }
  expect(listing.data.map(({ id }) => id)).toEqual(['instant', 'paced'])
})

it('runs in a process of its own, as the backend does', async () => {
  const [other, load] = [await startBackend(1), startLoadGenerator()]
  try {
    const result = await load.run(jobOf('flood', { url: `${other.url}/chat/completions` }))
    expect(result).toMatchObject({ answers: 20, failures: {} })
  } finally {
    load.stop()
    other.stop()
  }
})
