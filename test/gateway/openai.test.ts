import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { JsonObject } from '../../src/job/api-call.ts'
import {
  chunked,
  chunkOf,
  decisionOf,
  gatewayOf,
  plain,
  post,
  replying,
  type ScriptedService,
  scriptedService
} from './scripted-service.ts'

let service: ScriptedService
let gateway: Gateway

beforeEach(async () => {
  service = scriptedService(plain('Hel', 'lo'))
  gateway = await gatewayOf(service)
})

afterEach(() => gateway.stop())

const hello = { model: 'llama3.2:3b', messages: [{ role: 'user', content: 'Hi!' }] }

/** The chunks of a stream of server-sent events, and what ended it. */
async function eventsOf(response: Response): Promise<JsonObject[]> {
  const text = await response.text()
  const data = text.split('\n\n').filter((event) => event !== '')
  expect(data.every((event) => event.startsWith('data: '))).toBe(true)
  const payloads = data.map((event) => event.slice('data: '.length))
  return payloads.map((payload) => (payload === '[DONE]' ? { done: true } : (JSON.parse(payload) as JsonObject)))
}

const USAGE = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9, prompt_tokens_details: { cached_tokens: 4 } }

const toolCall = (index: number, more: JsonObject) => chunkOf({ tool_calls: [{ index, ...more }] })

describe('POST /v1/chat/completions', () => {
  it('puts the answer of a peer that writes text together', async () => {
    const response = await post(`${gateway.url}/v1/chat/completions`, hello)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/) as string,
      object: 'chat.completion',
      model: 'llama3.2:3b',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 }
    })
    expect(response.headers.get('x-peerbandit-decision')).toBe('decision-1')
    expect(response.headers.get('x-peerbandit-peer')).toBe('name of peer-a')
    expect(response.headers.get('x-peerbandit-attempts')).toBe('1')
  })

  it('streams text as chunks of one answer', async () => {
    const chunks = await eventsOf(await post(`${gateway.url}/v1/chat/completions`, { ...hello, stream: true }))
    expect(chunks.map((chunk) => (chunk['choices'] as JsonObject[] | undefined)?.[0])).toEqual([
      { index: 0, delta: { role: 'assistant', content: 'Hel' }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'lo' }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' },
      undefined
    ])
    expect(new Set(chunks.slice(0, 3).map((chunk) => chunk['id'])).size).toBe(1)
    expect(chunks.at(-1)).toEqual({ done: true })
  })

  it('says that the limit ended an answer as long as it', async () => {
    const response = await post(`${gateway.url}/v1/chat/completions`, { ...hello, max_tokens: 2 })
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'length' }] })
  })

  it('hands chunks of a peer on as they came, but for usage and what Ollama adds', async () => {
    const first = chunkOf({ role: 'assistant', content: 'a' }, { system_fingerprint: 'fp', service_tier: 'x', odd: [1, null] })
    const last = chunkOf({}, { finish_reason: 'stop', usage: null, ollama: { load_duration: 1 } })
    service.script = chunked([first], [last, { ...chunkOf({}), choices: [], usage: USAGE }])
    const chunks = await eventsOf(await post(`${gateway.url}/v1/chat/completions`, { ...hello, stream: true }))
    expect(chunks).toEqual([first, chunkOf({}, { finish_reason: 'stop' }), { done: true }])
  })

  it.each([
    ['told by the peer', [{ ...chunkOf({}, { finish_reason: 'stop' }), usage: USAGE }], USAGE],
    ['counted here', [], { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 }]
  ])('ends a stream with the usage that was asked for, %s', async (_, closing, usage) => {
    service.script = chunked([chunkOf({ role: 'assistant', content: 'a' })], closing)
    const body = { ...hello, stream: true, stream_options: { include_usage: true } }
    const chunks = await eventsOf(await post(`${gateway.url}/v1/chat/completions`, body))
    expect(chunks.at(-2)).toMatchObject({ id: 'chatcmpl-peer', object: 'chat.completion.chunk', choices: [], usage })
    expect(chunks.filter((chunk) => chunk['usage'] !== undefined && chunk['usage'] !== null)).toHaveLength(1)
  })

  it('puts calls of tools together by their index', async () => {
    service.script = chunked(
      [
        chunkOf({ role: 'assistant', content: null }),
        toolCall(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
        toolCall(0, { function: { arguments: '{"city":' } }),
        toolCall(1, { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{}' } }),
        toolCall(0, { function: { arguments: '"Rio"}' } })
      ],
      [chunkOf({}, { finish_reason: 'tool_calls', usage: USAGE })]
    )
    const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }]
    const response = await post(`${gateway.url}/v1/chat/completions`, { ...hello, tools })
    expect(await response.json()).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rio"}' } },
              { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{}' } }
            ]
          }
        }
      ],
      usage: USAGE
    })
    expect(service.ran[0].prompt.call).toEqual({ endpoint: 'chat', body: { ...hello, tools } })
  })

  it('tells the router of the job what the request says of it', async () => {
    const body = { ...hello, max_completion_tokens: 50, unknown: { kept: true } }
    const headers = { 'x-peerbandit-class': 'batch', 'x-peerbandit-deadline-ms': '1500', 'x-peerbandit-max-price': '1.5' }
    await post(`${gateway.url}/v1/chat/completions`, body, headers)
    const [{ job, prompt, options }] = service.ran
    expect(job).toMatchObject({
      model: 'llama3.2:3b',
      workloadClass: 'batch',
      deadlineMs: 1500,
      promptTokens: 1,
      expectedOutputTokens: 50
    })
    expect(prompt).toMatchObject({ text: 'Hi!', maxTokens: 50, call: { endpoint: 'chat', body } })
    expect(['peer-a', 'peer-b', 'peer-c'].map((peer) => options.accepts?.(peer))).toEqual([false, true, true])
  })

  it('knows a model by Ollama’s other spelling, and tells the peer the one that it has', async () => {
    const response = await post(`${gateway.url}/v1/embeddings`, { model: 'nomic-embed-text', input: 'a' })
    expect(response.status).toBe(502)
    expect(service.ran[0]).toMatchObject({
      job: { model: 'nomic-embed-text:latest' },
      prompt: { call: { body: { model: 'nomic-embed-text:latest' } } }
    })
  })
})

describe('a job that is tried again', () => {
  const body = { ...hello, stream: true }
  const failed = (ran: Parameters<typeof decisionOf>[0], kept: boolean) =>
    ({ kind: 'attempt-failed', decision: decisionOf(ran), reason: 'disconnected', message: 'gone', kept }) as const

  it('looks like one that was not, before the first byte', async () => {
    service.script = async function* ({ job }) {
      await Promise.resolve()
      yield { kind: 'attempt', decision: decisionOf(job) }
      yield failed(job, false)
      yield { kind: 'attempt', decision: decisionOf(job, 'peer-b', 2) }
      yield { kind: 'tokens', text: 'Hello', count: 1 }
      yield { kind: 'done', promptTokens: 1, outputTokens: 1, decision: decisionOf(job, 'peer-b', 2) }
    }
    const response = await post(`${gateway.url}/v1/chat/completions`, body)
    expect(response.headers.get('x-peerbandit-peer')).toBe('name of peer-b')
    expect(response.headers.get('x-peerbandit-attempts')).toBe('2')
    expect(await eventsOf(response)).toHaveLength(3)
  })

  it('forgets what a failed attempt said while nothing of it was sent', async () => {
    service.script = async function* ({ job }) {
      await Promise.resolve()
      yield { kind: 'attempt', decision: decisionOf(job) }
      yield { kind: 'tokens', text: 'void', count: 1 }
      yield failed(job, false)
      yield { kind: 'attempt', decision: decisionOf(job, 'peer-b', 2) }
      yield { kind: 'tokens', text: 'Hello', count: 1 }
      yield { kind: 'done', promptTokens: 1, outputTokens: 1, decision: decisionOf(job, 'peer-b', 2) }
    }
    const response = await post(`${gateway.url}/v1/chat/completions`, hello)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }], usage: { completion_tokens: 1 } })
  })

  it('goes on in the same stream where its tokens are kept', async () => {
    const other = (chunk: JsonObject): JsonObject => ({ ...chunk, id: 'chatcmpl-other', created: 1 })
    service.script = async function* ({ job, prompt }) {
      await Promise.resolve()
      yield { kind: 'attempt', decision: decisionOf(job) }
      yield { kind: 'tokens', text: 'Hel', count: 3, chunks: [chunkOf({ role: 'assistant', content: 'Hel' })] }
      expect(prompt.resume?.('Hel', 3)?.call?.body).toMatchObject({
        messages: [...hello.messages, { role: 'assistant', content: 'Hel' }],
        continue_final_message: true,
        add_generation_prompt: false
      })
      yield failed(job, true)
      yield { kind: 'attempt', decision: decisionOf(job, 'peer-b', 2) }
      const pieces = [chunkOf({ role: 'assistant', content: '' }), chunkOf({ role: 'assistant', content: 'lo' })]
      yield { kind: 'tokens', text: 'lo', count: 2, chunks: pieces.map(other) }
      const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
      const closing = [chunkOf({}, { finish_reason: 'stop' }), { ...chunkOf({}), choices: [], usage }]
      yield {
        kind: 'done',
        promptTokens: 10,
        outputTokens: 2,
        decision: decisionOf(job, 'peer-b', 2),
        chunks: closing.map(other)
      }
    }
    const chunks = await eventsOf(
      await post(`${gateway.url}/v1/chat/completions`, { ...body, stream_options: { include_usage: true } })
    )
    expect(chunks.slice(0, -2)).toEqual([
      chunkOf({ role: 'assistant', content: 'Hel' }),
      chunkOf({ content: 'lo' }),
      chunkOf({}, { finish_reason: 'stop' })
    ])
    expect(chunks.at(-2)).toMatchObject({
      id: 'chatcmpl-peer',
      created: 1_700_000_000,
      usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
    })
  })

  it('ends a stream with an error where what was sent is void, and stops the job', async () => {
    let stopped = false
    service.script = async function* ({ job, options }) {
      try {
        yield { kind: 'attempt', decision: decisionOf(job) }
        yield { kind: 'tokens', text: 'Hel', count: 1 }
        yield failed(job, false)
        await new Promise(() => undefined)
      } finally {
        stopped = true
        expect(options.signal?.aborted).toBe(false)
      }
    }
    const events = await eventsOf(await post(`${gateway.url}/v1/chat/completions`, body))
    expect(events.at(-1)).toEqual({
      error: {
        message: 'the peer failed while it answered (disconnected)',
        type: 'server_error',
        param: null,
        code: 'peer_failed'
      }
    })
    expect(stopped).toBe(true)
  })
})

describe('the other routes of OpenAI', () => {
  it('completes texts, streamed or not', async () => {
    const body = { model: 'llama3.2:3b', prompt: 'Once' }
    const response = await post(`${gateway.url}/v1/completions`, body)
    expect(await response.json()).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hello', finish_reason: 'stop' }],
      usage: { total_tokens: 9 }
    })
    const chunks = await eventsOf(await post(`${gateway.url}/v1/completions`, { ...body, stream: true }))
    expect(chunks.slice(0, -1).map((chunk) => (chunk['choices'] as JsonObject[])[0]['text'])).toEqual(['Hel', 'lo', ''])
  })

  it('hands embeddings on untouched', async () => {
    const reply = {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: 'AACAPw==' }],
      odd: null,
      usage: { total_tokens: 3 }
    }
    service.script = replying(reply)
    const body = { model: 'nomic-embed-text:latest', input: ['a'], encoding_format: 'base64' }
    const response = await post(`${gateway.url}/v1/embeddings`, body)
    expect(await response.json()).toEqual(reply)
    expect(service.ran[0].prompt.call).toEqual({ endpoint: 'embedding', body })
  })

  it('lists the models that are served, whatever characters they have', async () => {
    const list = (await (await fetch(`${gateway.url}/v1/models`)).json()) as { data: { id: string }[] }
    expect(list).toMatchObject({
      object: 'list',
      data: [{ id: 'llama3.2:3b', object: 'model', owned_by: 'peerbandit' }, {}, {}, {}]
    })
    for (const path of ['meta-llama/Llama-3.1-8B-Instruct', 'meta-llama%2FLlama-3.1-8B-Instruct'])
      expect(await (await fetch(`${gateway.url}/v1/models/${path}`)).json()).toMatchObject({
        id: 'meta-llama/Llama-3.1-8B-Instruct'
      })
    expect((await fetch(`${gateway.url}/v1/models/none`)).status).toBe(404)
  })
})
