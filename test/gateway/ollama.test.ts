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

async function linesOf(response: Response): Promise<JsonObject[]> {
  const text = await response.text()
  expect(text.endsWith('\n')).toBe(true)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject)
}

const at = { created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string }

describe('POST /api/chat', () => {
  it('streams lines by default, with figures on the last', async () => {
    const response = await post(`${gateway.url}/api/chat`, hello)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = await linesOf(response)
    expect(lines).toEqual([
      { model: 'llama3.2:3b', ...at, message: { role: 'assistant', content: 'Hel' }, done: false },
      { model: 'llama3.2:3b', ...at, message: { role: 'assistant', content: 'lo' }, done: false },
      {
        model: 'llama3.2:3b',
        ...at,
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        total_duration: expect.any(Number) as number,
        prompt_eval_count: 7,
        prompt_eval_duration: expect.any(Number) as number,
        eval_count: 2,
        eval_duration: expect.any(Number) as number
      }
    ])
    const { total_duration: total, prompt_eval_duration: reading, eval_duration: writing } = lines[2] as Record<string, number>
    expect(reading + writing).toBeLessThanOrEqual(total + 2)
  })

  it('answers CrowdLlama’s clients, who do not stream, at once', async () => {
    const response = await post(`${gateway.url}/api/chat`, { ...hello, stream: false })
    expect(await response.json()).toMatchObject({
      model: 'llama3.2:3b',
      ...at,
      message: { role: 'assistant', content: 'Hello' },
      done: true,
      done_reason: 'stop'
    })
  })

  it('says a request in OpenAI’s words, and keeps the original', async () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }]
    const body = {
      model: 'llama3.2:3b',
      tools,
      keep_alive: '5m',
      format: { type: 'object' },
      think: true,
      messages: [
        { role: 'user', content: 'What is this?', images: ['/9j/4AAQ', 'iVBORw0K'] },
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Rio' } } }] },
        { role: 'tool', content: 'sunny', tool_name: 'weather' }
      ],
      options: {
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        seed: 1,
        stop: ['\n'],
        num_predict: 20,
        repeat_penalty: 1.1,
        num_ctx: 4096
      }
    }
    await post(`${gateway.url}/api/chat`, body)
    const [{ job, prompt }] = service.ran
    expect(job.expectedOutputTokens).toBe(20)
    expect(prompt.call?.ollama).toEqual(body)
    expect(prompt.call?.endpoint).toBe('chat')
    expect(prompt.call?.body).toEqual({
      model: 'llama3.2:3b',
      tools,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      seed: 1,
      stop: ['\n'],
      max_tokens: 20,
      repetition_penalty: 1.1,
      chat_template_kwargs: { enable_thinking: true },
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { type: 'object' } } },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,/9j/4AAQ' } },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0K' } }
          ]
        },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'call_0', type: 'function', function: { name: 'weather', arguments: '{"city":"Rio"}' } }]
        },
        { role: 'tool', content: 'sunny', tool_call_id: 'call_0' }
      ]
    })
    expect(prompt.resume).toBeUndefined()
  })

  it.each([true, false])('tells calls of tools whole, with arguments as an object (stream: %s)', async (stream) => {
    service.script = chunked(
      [
        chunkOf({ role: 'assistant', content: '', reasoning_content: 'hm' }),
        chunkOf({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"ci' } }] }),
        chunkOf({ tool_calls: [{ index: 0, function: { arguments: 'ty":"Rio"}' } }] })
      ],
      [chunkOf({}, { finish_reason: 'tool_calls' })]
    )
    const response = await post(`${gateway.url}/api/chat`, { ...hello, stream })
    const lines = stream ? await linesOf(response) : [(await response.json()) as JsonObject]
    expect(lines.at(-1)).toMatchObject({
      message: { tool_calls: [{ function: { name: 'weather', arguments: { city: 'Rio' } } }] },
      done: true,
      done_reason: 'stop'
    })
    expect(lines[0]).toMatchObject({ message: { role: 'assistant', thinking: 'hm' } })
  })

  it('gives back what a backend that speaks Ollama added', async () => {
    const calls = [{ function: { name: 'weather', arguments: { city: 'Rio' } } }]
    const figures = {
      total_duration: 9,
      load_duration: 1,
      prompt_eval_count: 5,
      prompt_eval_duration: 2,
      eval_count: 4,
      eval_duration: 3
    }
    service.script = chunked(
      [
        chunkOf(
          {
            role: 'assistant',
            content: 'a',
            reasoning: 'hm',
            tool_calls: [{ index: 0, function: { name: 'weather', arguments: '{}' } }]
          },
          { ollama: { created_at: '2026-01-01T00:00:00Z', thinking: 'hm', tool_calls: calls } }
        )
      ],
      [chunkOf({}, { finish_reason: 'length', ollama: { ...figures, context: [1, 2] } })]
    )
    expect(await linesOf(await post(`${gateway.url}/api/chat`, hello))).toEqual([
      {
        model: 'llama3.2:3b',
        created_at: '2026-01-01T00:00:00Z',
        message: { role: 'assistant', content: 'a', thinking: 'hm', tool_calls: calls },
        done: false
      },
      {
        model: 'llama3.2:3b',
        ...at,
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'length',
        context: [1, 2],
        ...figures
      }
    ])
  })

  it('puts what such a backend adds together where nothing is streamed', async () => {
    const call = (city: string) => ({ function: { name: 'weather', arguments: { city } } })
    const piece = (thinking: string, city: string) =>
      chunkOf({ content: 'a', reasoning: thinking }, { ollama: { thinking, tool_calls: [call(city)] } })
    service.script = chunked(
      [piece('h', 'Rio'), piece('m', 'Oslo')],
      [chunkOf({}, { finish_reason: 'stop', ollama: { eval_count: 9 } })]
    )
    expect(await (await post(`${gateway.url}/api/chat`, { ...hello, stream: false })).json()).toMatchObject({
      message: { role: 'assistant', content: 'aa', thinking: 'hm', tool_calls: [call('Rio'), call('Oslo')] },
      eval_count: 9
    })
  })

  it('ends a stream with a line that says what failed', async () => {
    service.script = async function* ({ job }) {
      await Promise.resolve()
      yield { kind: 'attempt', decision: decisionOf(job) }
      yield { kind: 'tokens', text: 'Hel', count: 1 }
      yield { kind: 'attempt-failed', decision: decisionOf(job), reason: 'timeout', message: '10.0.0.1 is silent', kept: false }
    }
    const lines = await linesOf(await post(`${gateway.url}/api/chat`, hello))
    expect(lines.at(-1)).toEqual({ error: 'the peer failed while it answered (timeout)' })
  })

  it('says that a model is loaded to who asks for no more', async () => {
    const chat = await post(`${gateway.url}/api/chat`, { model: 'llama3.2:3b', messages: [] })
    expect(await chat.json()).toEqual({
      model: 'llama3.2:3b',
      ...at,
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'load'
    })
    const generate = await post(`${gateway.url}/api/generate`, { model: 'llama3.2:3b', keep_alive: 0 })
    expect(await generate.json()).toMatchObject({ response: '', done_reason: 'unload' })
    expect(service.ran).toEqual([])
  })
})

describe('POST /api/generate', () => {
  it('answers a prompt', async () => {
    const body = { model: 'llama3.2:3b', prompt: 'Hi!', system: 'Be short.' }
    const lines = await linesOf(await post(`${gateway.url}/api/generate`, body))
    expect(lines.map((line) => line['response'])).toEqual(['Hel', 'lo', ''])
    expect(service.ran[0].prompt.call).toEqual({
      endpoint: 'chat',
      ollama: {
        model: 'llama3.2:3b',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'Hi!' }
        ]
      },
      body: {
        model: 'llama3.2:3b',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'Hi!' }
        ]
      }
    })
  })

  it('takes a raw prompt for a text to be completed', async () => {
    const body = { model: 'llama3.2:3b', prompt: 'Once', raw: true, stream: false }
    expect(await (await post(`${gateway.url}/api/generate`, body)).json()).toMatchObject({ response: 'Hello', done: true })
    expect(service.ran[0].prompt.call).toEqual({
      endpoint: 'completion',
      body: { model: 'llama3.2:3b', prompt: 'Once' },
      ollama: body
    })
  })
})

describe('embeddings', () => {
  it.each([
    ['numbers', [1, 0.5]],
    ['base64', Buffer.from(new Float32Array([1, 0.5]).buffer).toString('base64')]
  ])('are vectors, of %s', async (_, embedding) => {
    service.script = replying({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding }],
      usage: { prompt_tokens: 3 }
    })
    const body = { model: 'nomic-embed-text', input: ['a'] }
    expect(await (await post(`${gateway.url}/api/embed`, body)).json()).toMatchObject({
      model: 'nomic-embed-text:latest',
      embeddings: [[1, 0.5]],
      prompt_eval_count: 3
    })
    const old = await post(`${gateway.url}/api/embeddings`, { model: 'nomic-embed-text', prompt: 'a' })
    expect(await old.json()).toEqual({ embedding: [1, 0.5] })
  })
})

describe('what is served', () => {
  it('is listed as Ollama and CrowdLlama do', async () => {
    const get = async (path: string): Promise<unknown> => (await fetch(`${gateway.url}${path}`)).json()
    expect(await get('/api/tags')).toMatchObject({
      models: [{ name: 'llama3.2:3b', details: { family: 'llama', parameter_size: '3.2B' } }, {}, {}, {}]
    })
    expect(await get('/api/ps')).toMatchObject({ models: [{ name: 'llama3.2:3b' }, {}, {}, {}] })
    expect(await get('/api/version')).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string })
    expect(await (await post(`${gateway.url}/api/show`, { model: 'nomic-embed-text' })).json()).toMatchObject({ model_info: {} })
    service.peers = () => [{ id: '12D3', healthy: true, models: ['tinyllama'], gpu: 'RTX 4090', lastSeenMs: 0 }]
    expect(await get('/api/health')).toEqual({
      '12D3': {
        is_healthy: true,
        last_seen: '1970-01-01T00:00:00.000Z',
        last_health_check: '1970-01-01T00:00:00.000Z',
        failed_attempts: 0,
        last_failure: '0001-01-01T00:00:00Z',
        gpu_model: 'RTX 4090',
        supported_models: ['tinyllama']
      }
    })
  })
})
