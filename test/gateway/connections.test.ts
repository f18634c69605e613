import { once } from 'node:events'
import { Agent, get, type IncomingMessage, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { decisionOf, gatewayOf, hanging, plain, post, type ScriptedService, scriptedService } from './scripted-service.ts'

let service: ScriptedService
let gateway: Gateway

beforeEach(async () => {
  service = scriptedService(plain('Hello'))
  gateway = await gatewayOf(service)
})

afterEach(() => gateway.stop())

const hello = { model: 'llama3.2:3b', messages: [{ role: 'user', content: 'Hi!' }] }

async function rawSocket(): Promise<Socket> {
  const socket = connect(gateway.address.port, gateway.address.host)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** All that a connection says until it is closed. */
async function heardOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (bytes) => (text += bytes.toString('latin1')))
  await once(socket, 'close')
  return text
}

describe('a client that goes away', () => {
  it.each([true, false])('stops its job at once (stream: %s)', async (stream) => {
    const reached = Promise.withResolvers<AbortSignal>()
    const stopped = Promise.withResolvers<unknown>()
    service.script = async function* (run) {
      const { signal } = run.options
      reached.resolve(signal!)
      signal!.addEventListener('abort', () => {
        stopped.resolve(signal!.reason)
      })
      yield* hanging('Hel')(run)
    }
    const controller = new AbortController()
    const answer = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...hello, stream }),
      signal: controller.signal
    })
    const gone = answer.then((response) => response.text()).catch((error: unknown) => (error as Error).name)
    expect((await reached.promise).aborted).toBe(false)
    controller.abort()
    expect(await stopped.promise).toMatchObject({ message: 'the client went away' })
    expect(await gone).toBe('AbortError')
    const metrics = await gateway.registry.metrics()
    expect(metrics).toContain('status="499"')
    await expect.poll(() => gateway.inFlight).toBe(0)
  })
})

describe('a client that reads slowly', () => {
  it('slows the job instead of filling memory', async () => {
    let made = 0
    const piece = 'x'.repeat(64 * 1024)
    const most = 4000
    service.script = async function* ({ job }) {
      await Promise.resolve()
      yield { kind: 'attempt', decision: decisionOf(job) }
      for (; made < most; made++) yield { kind: 'tokens', text: piece, count: 1 }
      yield { kind: 'done', promptTokens: 1, outputTokens: most, decision: decisionOf(job) }
    }
    const body = JSON.stringify({ ...hello, stream: true })
    const slow = httpRequest(`${gateway.url}/v1/chat/completions`, { method: 'POST' })
    slow.end(body)
    const [response] = (await once(slow, 'response')) as [IncomingMessage]
    response.pause()
    // A whole request of another client passes while this one does not read.
    let before = -1
    while (before !== made) {
      before = made
      await fetch(`${gateway.url}/healthz`).then((health) => health.text())
    }
    expect(made).toBeLessThan(most / 4)
    let bytes = 0
    response.on('data', (chunk: Buffer) => (bytes += chunk.length))
    response.resume()
    await once(response, 'end')
    expect(made).toBe(most)
    expect(bytes).toBeGreaterThan(most * piece.length)
  })
})

describe('pieces that come together', () => {
  it('are written together', async () => {
    const texts = Array.from({ length: 50 }, (_, index) => `${index} `)
    service.script = plain(...texts)
    const client = httpRequest(`${gateway.url}/v1/chat/completions`, { method: 'POST' })
    client.end(JSON.stringify({ ...hello, stream: true }))
    const [response] = (await once(client, 'response')) as [IncomingMessage]
    // One answer that was there at once has a length.
    expect(Number(response.headers['content-length'])).toBeGreaterThan(1000)
    response.resume()
    await once(response, 'end')
  })
})

describe('connections', () => {
  it('that never finish their headers are closed', async () => {
    await gateway.stop()
    gateway = await gatewayOf(service, { headersTimeoutMs: 150 })
    const socket = await rawSocket()
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
    expect(await heardOf(socket)).toMatch(/^HTTP\/1.1 408 /)
  })

  it('that never finish their body are closed', async () => {
    await gateway.stop()
    gateway = await gatewayOf(service, { headersTimeoutMs: 100, requestTimeoutMs: 200 })
    const socket = await rawSocket()
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"model"')
    expect(await heardOf(socket)).toMatch(/^HTTP\/1.1 408 /)
  })

  it('of no HTTP are told so', async () => {
    const socket = await rawSocket()
    socket.write('\x16\x03\x01 nonsense\r\n\r\n')
    expect(await heardOf(socket)).toMatch(/^HTTP\/1.1 400 Bad Request[^]*"type":"invalid_request_error"/)
  })

  it('may be idle by the hundred', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity })
    const ask = async () => {
      const [response] = (await once(get(`${gateway.url}/healthz`, { agent }), 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      return response.statusCode
    }
    const asked = await Promise.all(Array.from({ length: 300 }, ask))
    expect(new Set(asked)).toEqual(new Set([200]))
    const idle = await Promise.all(Array.from({ length: 300 }, rawSocket))
    expect((await post(`${gateway.url}/v1/chat/completions`, hello)).status).toBe(200)
    for (const socket of idle) socket.destroy()
    agent.destroy()
  })

  it('that send too much without saying how much are cut off', async () => {
    await gateway.stop()
    gateway = await gatewayOf(service, { bodyLimitBytes: 1000 })
    const piece = new TextEncoder().encode('a'.repeat(600))
    const body = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 4; sent++) controller.enqueue(piece)
        controller.close()
      }
    })
    const response = await fetch(`${gateway.url}/api/chat`, { method: 'POST', body, duplex: 'half' })
    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ error: expect.stringContaining('too large') as string })
  })
})

describe('headers', () => {
  it('cannot be made by names of peers, models or requests', async () => {
    service.nameOf = () => 'evil\r\nx-evil: 1\u0000é😀\ud800'
    const response = await post(`${gateway.url}/v1/chat/completions`, hello, { 'x-request-id': 'mine/1' })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-evil')).toBeNull()
    expect(response.headers.get('x-peerbandit-peer')).toBe('evil%0D%0Ax-evil: 1%00%C3%A9%F0%9F%98%80%EF%BF%BD')
    expect(response.headers.get('x-request-id')).toBe('mine/1')
    const model = 'llama\r\nx-evil: 1'
    const refused = await post(`${gateway.url}/v1/chat/completions`, { ...hello, model }, { 'x-request-id': 'has space' })
    expect(refused.status).toBe(404)
    expect(refused.headers.get('x-evil')).toBeNull()
    expect(refused.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('an end', () => {
  it('waits for what is in flight, and takes no more', async () => {
    const more = Promise.withResolvers<undefined>()
    service.script = async function* ({ job }) {
      yield { kind: 'attempt', decision: decisionOf(job) }
      yield { kind: 'tokens', text: 'Hel', count: 1 }
      await more.promise
      yield { kind: 'tokens', text: 'lo', count: 1 }
      yield { kind: 'done', promptTokens: 1, outputTokens: 2, decision: decisionOf(job) }
    }
    const response = await post(`${gateway.url}/api/chat`, hello)
    const drained = gateway.drain({ deadlineMs: 60_000 })
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
    const refused = await post(`${gateway.url}/api/chat`, hello)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    more.resolve(undefined)
    expect(await drained).toBe(0)
    expect((await response.text()).trim().split('\n')).toHaveLength(3)
  })

  it('waits until a slow client has read what is written', async () => {
    const text = 'x'.repeat(32 * 1024 * 1024)
    service.script = plain(text)
    const slow = httpRequest(`${gateway.url}/v1/chat/completions`, { method: 'POST' })
    slow.end(JSON.stringify(hello))
    const [response] = (await once(slow, 'response')) as [IncomingMessage]
    response.pause()
    let drained = false
    const drain = gateway.drain({ deadlineMs: 60_000 }).then((cut) => {
      drained = true
      return cut
    })
    await (await fetch(`${gateway.url}/healthz`)).text()
    expect(drained).toBe(false)
    let bytes = 0
    response.on('data', (chunk: Buffer) => (bytes += chunk.length))
    response.resume()
    await once(response, 'end')
    expect(bytes).toBeGreaterThan(text.length)
    expect(await drain).toBe(0)
  })

  it('cuts off what takes too long, with a clean end', async () => {
    service.script = hanging('Hel')
    const response = await post(`${gateway.url}/v1/chat/completions`, { ...hello, stream: true })
    expect(await gateway.drain({ deadlineMs: 0 })).toBe(1)
    expect(await response.text()).toMatch(/"code":"shutting_down"}}\n\n$/)
  })

  it('lets go of the port, and says whose it is', async () => {
    const { port } = gateway.address
    await expect(gatewayOf(service, { port })).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' })
    await gateway.stop()
    gateway = await gatewayOf(service, { port })
    expect(gateway.address.port).toBe(port)
  })
})
