import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PeerbanditError } from '../../src/core/errors.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { RequestError } from '../../src/router/transport.ts'
import { gatewayOf, hanging, plain, post, type ScriptedService, scriptedService, throwing } from './scripted-service.ts'

let service: ScriptedService
let gateway: Gateway

beforeEach(async () => {
  service = scriptedService(plain('Hello'))
  gateway = await gatewayOf(service, { bodyLimitBytes: 100_000 })
})

afterEach(() => gateway.stop())

const messages = [{ role: 'user', content: 'Hi!' }]
const hello = { model: 'llama3.2:3b', messages }

interface OpenAiError {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }
}

/** The same request to both APIs: one status, each in its own shape. */
async function refusals(
  body: unknown,
  headers: Record<string, string> = {}
): Promise<{ status: number; openai: OpenAiError['error'] }> {
  const openai = await post(`${gateway.url}/v1/chat/completions`, body, headers)
  const ollama = await post(`${gateway.url}/api/chat`, body, headers)
  expect(ollama.status).toBe(openai.status)
  expect(await ollama.json()).toEqual({ error: expect.any(String) as string })
  const { error } = (await openai.json()) as OpenAiError
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
  return { status: openai.status, openai: error }
}

describe('a model whose peers are away', () => {
  it.each(['gone', 'gone:latest'])('is known, and asked for again later: %s', async (model) => {
    service.knows = (name) => name === 'gone'
    const refused = await refusals({ ...hello, model })
    expect(refused.status).toBe(503)
    expect(refused.openai).toMatchObject({ code: 'no_eligible_peer', type: 'server_error' })
    const { headers } = await post(`${gateway.url}/v1/chat/completions`, { ...hello, model })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(service.ran).toEqual([])
  })
})

describe('a request at fault', () => {
  it.each<[string, unknown, number, string | RegExp]>([
    ['no JSON', '{"model": ', 400, 'the body is not valid JSON'],
    ['no object', '[1]', 400, 'the body must be a JSON object'],
    ['nothing', '', 400, 'the request has no body: send a JSON object'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'the body is not valid UTF-8'],
    ['no model', { messages }, 400, 'model is missing'],
    ['a model that is no name', { model: 7, messages }, 400, 'model must be a string'],
    ['a long name', { model: 'm'.repeat(600), messages }, 400, /at most 512/],
    ['an unknown model', { model: 'llama3.1:3b', messages }, 404, /did you mean "llama3.2:3b"/],
    ['messages that are none', { ...hello, messages: 'Hi!' }, 400, 'messages must be an array'],
    ['messages of text', { ...hello, messages: ['Hi!'] }, 400, 'messages must be an array of objects'],
    ['a message of nobody', { ...hello, messages: [{ content: 'Hi!' }] }, 400, 'messages[0].role must be a string'],
    ['a stream that is neither', { ...hello, stream: 'yes' }, 400, 'stream must be true or false'],
    ['a body nested without end', `{"model":"llama3.2:3b","tools":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 400, /200 deep/],
    ['a huge body', { ...hello, messages: [{ role: 'user', content: 'a'.repeat(200_000) }] }, 413, /too large/]
  ])('is told so: %s', async (_, body, status, message) => {
    const refused = await refusals(body)
    expect(refused.status).toBe(status)
    expect(refused.openai.message).toMatch(message)
    expect(refused.openai.type).toBe('invalid_request_error')
    expect(service.ran).toEqual([])
  })

  it.each([
    ['x-peerbandit-class', 'mine', /must be one of interactive, batch, critical/],
    ['x-peerbandit-deadline-ms', '0', /above 0/],
    ['x-peerbandit-deadline-ms', '1e3', /must be a number/],
    ['x-peerbandit-max-price', '-1', /must be a number/]
  ])('by its header %s: %s', async (name, value, message) => {
    const { status, openai } = await refusals(hello, { [name]: value })
    expect(status).toBe(400)
    expect(openai.message).toMatch(message)
  })

  it.each([
    ['max_tokens', 0],
    ['max_tokens', 'many'],
    ['n', 0],
    ['tools', {}],
    ['stream_options', 1]
  ])('by its field %s: %s', async (name, value) => {
    const response = await post(`${gateway.url}/v1/chat/completions`, { ...hello, [name]: value })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: name, type: 'invalid_request_error' } })
  })

  it('is told by the peer in its own words', async () => {
    const error = {
      message: 'too long',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
      odd: 1
    }
    service.script = throwing(new RequestError(422, error))
    const response = await post(`${gateway.url}/v1/chat/completions`, { ...hello, stream: true })
    expect(response.status).toBe(422)
    expect(await response.json()).toEqual({ error })
    expect(await (await post(`${gateway.url}/api/chat`, hello)).json()).toEqual({ error: 'too long' })
  })
})

describe('a job that fails', () => {
  it.each([
    ['ERR_OVERLOADED', 503, 'overloaded', '1'],
    ['ERR_NO_ELIGIBLE_PEER', 503, 'no_eligible_peer', '10'],
    ['ERR_TIMEOUT', 504, 'timeout', null],
    ['ERR_JOB_FAILED', 502, 'job_failed', null]
  ] as const)('with %s is a %d', async (code, status, name, retryAfter) => {
    service.script = throwing(new PeerbanditError(code, 'what happened'))
    const refused = await refusals(hello)
    expect(refused).toEqual({ status, openai: { message: 'what happened', type: 'server_error', param: null, code: name } })
    const response = await post(`${gateway.url}/v1/chat/completions`, hello)
    expect(response.headers.get('retry-after')).toBe(retryAfter)
  })

  it('by our own fault says no more than that', async () => {
    service.script = throwing(new TypeError('secrets of /home'))
    const { status, openai } = await refusals(hello)
    expect(status).toBe(500)
    expect(openai.message).toBe('the gateway failed')
  })
})

describe('a route', () => {
  it('that is not there is a 404 in the shape of its API', async () => {
    const openai = await fetch(`${gateway.url}/v1/audio/speech`, { method: 'POST', body: 'x' })
    expect(openai.status).toBe(404)
    expect(await openai.json()).toMatchObject({ error: { code: 'unknown_route' } })
    const ollama = await fetch(`${gateway.url}/api/pull`, { method: 'POST', body: '{}' })
    expect(ollama.status).toBe(404)
    expect(await ollama.json()).toEqual({ error: 'there is no route POST /api/pull' })
  })

  it('that takes other methods says which', async () => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect((await fetch(`${gateway.url}/v1/models/a/b`, { method: 'DELETE' })).status).toBe(405)
  })

  it.each(['/v1/models/%zz', '/%c0%ae', '/v1/models/%00%0d%0ax-evil:%201'])(
    'that is malformed breaks nothing: %s',
    async (path) => {
      const response = await fetch(`${gateway.url}${path}`)
      expect([400, 404]).toContain(response.status)
      expect(response.headers.get('x-evil')).toBeNull()
      expect(await response.json()).toHaveProperty('error.message')
    }
  )

  it('that the gateway does not know may be somebody else’s', async () => {
    await gateway.stop()
    gateway = await gatewayOf(service, {
      keys: [{ name: 'ann', key: 'k' }],
      fallback: (request, response) => {
        if (request.url !== '/dashboard') return false
        response.end('page')
        return true
      }
    })
    expect(await (await fetch(`${gateway.url}/dashboard`)).text()).toBe('page')
    expect((await fetch(`${gateway.url}/elsewhere`)).status).toBe(404)
  })
})

describe('too much', () => {
  it('at a time is refused, and told when to come again', async () => {
    await gateway.stop()
    gateway = await gatewayOf(service, { maxInFlight: 1 })
    service.script = hanging('Hel')
    const controller = new AbortController()
    const first = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...hello, stream: true }),
      signal: controller.signal
    })
    expect(gateway.inFlight).toBe(1)
    const { status, openai } = await refusals(hello)
    expect({ status, code: openai.code }).toEqual({ status: 503, code: 'overloaded' })
    controller.abort()
    await expect(first.text()).rejects.toThrow()
  })
})
