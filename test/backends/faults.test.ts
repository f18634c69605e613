import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { failureReasonOf } from '../../src/router/failure.ts'
import { RequestError } from '../../src/router/transport.ts'
import { type Fault, type ServerKind, startScriptedServer } from './scripted-server.ts'
import { answerOf, backendTo, CHAT, startBackend, stopLater } from './support.ts'

/** A server of bytes, for what no HTTP server would say. */
async function startRaw(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      talk(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stopLater({
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(resolve)
      })
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('what goes wrong in a stream', () => {
  it.each<[string, Fault, string]>([
    ['a cut', { kind: 'cut', afterTokens: 1 }, 'disconnected'],
    ['an end without a reason', { kind: 'end', afterTokens: 1 }, 'protocol'],
    ['a record that is no JSON', { kind: 'garbage', afterTokens: 1 }, 'protocol'],
    ['a record that is no object', { kind: 'garbage', afterTokens: 1, text: 'data: [1]\n\n' }, 'protocol'],
    ['bytes of no meaning', { kind: 'garbage', afterTokens: 1, text: '\u0000\u0001<html>' }, 'protocol'],
    ['an error', { kind: 'error', afterTokens: 1, message: 'CUDA out of memory' }, 'engine']
  ])('%s fails the job after what came before', async (_, fault, reason) => {
    const { backend } = await startBackend({ kind: 'vllm', script: { fault } })
    const { text, error, done } = await answerOf(backend.infer(CHAT, {}))
    expect({ text, done }).toEqual({ text: 'Hello', done: undefined })
    expect(failureReasonOf(error)).toBe(reason)
    expect(backend.load().running).toBe(0)
  })

  it('tells what an error inside a stream says', async () => {
    const fault: Fault = { kind: 'error', afterTokens: 0, message: 'CUDA out of memory' }
    const { backend } = await startBackend({ kind: 'vllm', script: { fault } })
    expect((await answerOf(backend.infer(CHAT, {}))).error).toMatchObject({ message: 'box failed: CUDA out of memory' })
  })

  it('takes streams of any chunks that are objects', async () => {
    const text = [
      '{}',
      '{"choices":null}',
      '{"choices":[null,7,{}]}',
      '{"choices":[{"delta":7,"finish_reason":"stop"}],"usage":"no"}'
    ]
      .map((each) => `: comment\r\nevent: x\r\ndata: ${each}\r\n\r\n`)
      .join('')
    const { backend } = await startBackend({ kind: 'openai', script: { fault: { kind: 'garbage', afterTokens: 0, text } } })
    const { done, error } = await answerOf(backend.infer(CHAT, {}))
    expect(error).toBeUndefined()
    expect(done?.chunks?.length).toBe(5)
  })

  it.each([
    ['a line', { maxLineLength: 200 }, 'x'.repeat(300)],
    ['a whole reply', { maxReplyBytes: 2_000 }, 'x'.repeat(3_000)]
  ])('bounds %s', async (_, options, word) => {
    const { backend } = await startBackend({ kind: 'openai', script: { words: ['fine', word] } }, options)
    const { error } = await answerOf(backend.infer(CHAT, {}))
    expect(error).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('bounds a line that never ends', async () => {
    const fault: Fault = { kind: 'garbage', afterTokens: 0, text: `data: ${'x'.repeat(500_000)}` }
    const { backend } = await startBackend({ kind: 'openai', script: { fault } }, { maxLineLength: 1_000 })
    expect((await answerOf(backend.infer(CHAT, {}))).error).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('gives up a server that is silent for too long', async () => {
    const { backend } = await startBackend(
      { kind: 'openai', script: { fault: { kind: 'stall', afterTokens: 1 } } },
      { idleTimeoutMs: 50 }
    )
    const { text, error } = await answerOf(backend.infer(CHAT, {}))
    expect(text).toBe('Hello')
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT' })
  })
})

describe('statuses', () => {
  it.each([
    [429, 'overloaded'],
    [503, 'overloaded'],
    [500, 'engine'],
    [502, 'engine'],
    [401, 'engine'],
    [403, 'engine'],
    [404, 'engine'],
    [302, 'engine']
  ])('%i is the backend saying %s', async (status, reason) => {
    const { backend } = await startBackend({ kind: 'vllm', script: { fault: { kind: 'status', status } } })
    const { error } = await answerOf(backend.infer(CHAT, {}))
    expect(error).toMatchObject({ name: 'EngineError', reason, message: `box answered ${status}: told to answer ${status}` })
  })

  it.each<[ServerKind, number, object]>([
    ['openai', 400, { message: 'told to answer 400', type: 'invalid_request_error', param: null, code: null }],
    ['vllm', 422, { message: 'told to answer 422', type: 'BadRequestError', param: null, code: 422 }],
    ['sglang', 400, { message: 'told to answer 400', type: 'BadRequestError', param: null, code: 400 }],
    ['llamacpp', 413, { message: 'told to answer 413', type: 'invalid_request_error', param: null, code: 413 }],
    ['ollama', 400, { message: 'told to answer 400', type: 'invalid_request_error', param: null, code: null }]
  ])('a refusal of %s with %i is the fault of the request', async (kind, status, wanted) => {
    const { backend } = await startBackend({ kind, script: { fault: { kind: 'status', status } } })
    const { error } = await answerOf(backend.infer(CHAT, {}))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ status, error: wanted })
  })

  it.each([
    ['FastAPI’s list', { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required' }] }, 'body.messages.0: Field required'],
    ['FastAPI’s text', { detail: 'too long' }, 'too long'],
    ['a page', '<h1>Bad Request</h1>', '<h1>Bad Request</h1>'],
    ['nothing', '', 'the server answered with status 400'],
    ['nonsense', { error: [1, 2] }, 'the server answered with status 400'],
    ['a long page', 'x'.repeat(100_000), 'x'.repeat(2_000)]
  ])('%s becomes OpenAI’s error object', async (_, body, message) => {
    const { backend } = await startBackend({ kind: 'vllm', script: { fault: { kind: 'status', status: 400, body } } })
    expect((await answerOf(backend.infer(CHAT, {}))).error).toMatchObject({ status: 400, error: { message } })
  })

  it('names neither key nor user in what it throws', async () => {
    const { backend } = await startBackend({ kind: 'openai', apiKey: 'sesame' }, { apiKey: 'wrong-key' })
    const { error } = await answerOf(backend.infer(CHAT, {}))
    expect(error).toMatchObject({ reason: 'engine' })
    expect(String(error)).not.toContain('wrong-key')
  })
})

describe('the way there', () => {
  it('is unreachable where nobody listens', async () => {
    const server = await startScriptedServer({ kind: 'openai' })
    await server.stop()
    const { error } = await answerOf(backendTo(server).infer(CHAT, {}))
    expect(error).toMatchObject({ name: 'TransportError', reason: 'unreachable' })
  })

  it.each([
    ['no such name', () => Promise.resolve('http://no-such-host.invalid:1')],
    ['no TLS', async () => (await startRaw((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))).replace('http', 'https')]
  ])('is unreachable with %s', async (_, urlOf) => {
    const { error } = await answerOf(backendTo({ kind: 'openai', url: await urlOf() }).infer(CHAT, {}))
    expect(error).toMatchObject({ name: 'TransportError', reason: 'unreachable' })
  })

  it('breaks when the server hangs up without an answer', async () => {
    const { backend } = await startBackend({ kind: 'openai', script: { fault: { kind: 'hang-up' } } })
    expect((await answerOf(backend.infer(CHAT, {}))).error).toMatchObject({ name: 'TransportError', reason: 'disconnected' })
  })

  it('is a matter of protocol when something else than HTTP answers', async () => {
    const url = await startRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    expect((await answerOf(backendTo({ kind: 'openai', url }).infer(CHAT, {}))).error).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('breaks when a backend is closed under a job', async () => {
    const { server, backend } = await startBackend({ kind: 'openai', script: { fault: { kind: 'silent' } } })
    const asked = server.nextJob()
    const answer = answerOf(backend.infer(CHAT, {}))
    await asked
    await backend.close()
    expect((await answer).error).toMatchObject({ name: 'TransportError' })
  })
})

describe('giving up', () => {
  it.each<[string, Fault]>([
    ['before the answer', { kind: 'silent' }],
    ['in the middle of it', { kind: 'stall', afterTokens: 1 }]
  ])('closes the connection %s, and rejects with the reason', async (_, fault) => {
    const { server, backend } = await startBackend({ kind: 'vllm', script: { fault } })
    const giveUp = new AbortController()
    const asked = server.nextJob()
    const answer = answerOf(backend.infer(CHAT, { signal: giveUp.signal }))
    const job = await asked
    expect(backend.load().running).toBe(1)
    const reason = new Error('the client left')
    giveUp.abort(reason)
    expect((await answer).error).toBe(reason)
    await job.left
    expect(backend.load().running).toBe(0)
  })

  it('closes the connection when the reader stops reading', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm', script: { fault: { kind: 'stall', afterTokens: 1 } } })
    for await (const event of backend.infer(CHAT, {})) {
      expect(event.kind).toBe('tokens')
      break
    }
    await server.jobs[0]?.left
    expect(backend.load().running).toBe(0)
  })

  it('rejects with any reason, and sends nothing when it was given before', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    expect((await answerOf(backend.infer(CHAT, { signal: AbortSignal.abort('enough') }))).error).toBe('enough')
    expect(server.requests).toEqual([])
  })

  it('rejects with a reason that is no error, in the middle', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm', script: { fault: { kind: 'silent' } } })
    const giveUp = new AbortController()
    const asked = server.nextJob()
    const answer = answerOf(backend.infer(CHAT, { signal: giveUp.signal }))
    const job = await asked
    giveUp.abort(null)
    expect((await answer).error).toBeNull()
    await job.left
  })
})
