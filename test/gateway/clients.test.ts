import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embed, generateText, jsonSchema, streamText, tool } from 'ai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { JsonObject } from '../../src/job/api-call.ts'
import {
  chunked,
  chunkOf,
  gatewayOf,
  hanging,
  plain,
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

const model = 'llama3.2:3b'
const messages = [{ role: 'user' as const, content: 'What is the weather in Rio?' }]

const called = chunked(
  [
    chunkOf({
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":' } }]
    }),
    chunkOf({ tool_calls: [{ index: 0, function: { arguments: '"Rio"}' } }] })
  ],
  [
    chunkOf({}, { finish_reason: 'tool_calls' }),
    { ...chunkOf({}), choices: [], usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 } }
  ]
)

const vector = [0.5, -1, 2]
const embedded = (embedding: unknown) =>
  replying({
    object: 'list',
    model: 'nomic-embed-text:latest',
    data: [{ object: 'embedding', index: 0, embedding }],
    usage: { prompt_tokens: 2, total_tokens: 2 }
  } as JsonObject)

const parameters = { type: 'object', properties: { city: { type: 'string' } } } as const

describe('the client of OpenAI', () => {
  const client = (more = {}) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0, ...more })
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }]

  it('chats', async () => {
    const reply = await client().chat.completions.create({ model, messages })
    expect(reply.choices[0].message).toMatchObject({ role: 'assistant', content: 'Hello' })
    expect(reply.usage?.total_tokens).toBe(9)
  })

  it('streams', async () => {
    const stream = client().chat.completions.stream({ model, messages, stream_options: { include_usage: true } })
    const whole = await stream.finalChatCompletion()
    expect(whole.choices[0]).toMatchObject({ message: { content: 'Hello' }, finish_reason: 'stop' })
    expect(whole.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 2 })
  })

  it.each([true, false])('calls tools (stream: %s)', async (stream) => {
    service.script = called
    const chats = client().chat.completions
    const asked = { model, messages, tools }
    const reply = stream ? await chats.stream(asked).finalChatCompletion() : await chats.create(asked)
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rio"}' } }] }
    })
  })

  it('embeds', async () => {
    service.script = embedded(Buffer.from(new Float32Array(vector).buffer).toString('base64'))
    const reply = await client().embeddings.create({ model: 'nomic-embed-text', input: 'a' })
    expect([...reply.data[0].embedding]).toEqual(vector)
    service.script = embedded(vector)
    const asFloats = await client().embeddings.create({ model: 'nomic-embed-text', input: 'a', encoding_format: 'float' })
    expect(asFloats.data[0].embedding).toEqual(vector)
  })

  it('completes texts and lists models', async () => {
    const reply = await client().completions.create({ model, prompt: 'Once' })
    expect(reply.choices[0].text).toBe('Hello')
    const listed = await client().models.list()
    expect(listed.data[0].id).toBe(model)
    expect((await client().models.retrieve('meta-llama/Llama-3.1-8B-Instruct')).owned_by).toBe('peerbandit')
  })

  it('aborts', async () => {
    service.script = hanging('Hel')
    const controller = new AbortController()
    const stream = await client().chat.completions.create({ model, messages, stream: true }, { signal: controller.signal })
    for await (const chunk of stream) {
      expect(chunk.choices[0].delta.content).toBe('Hel')
      controller.abort()
    }
    await expect.poll(() => service.ran[0].options.signal?.aborted).toBe(true)
  })

  it('understands what went wrong', async () => {
    await expect(client().chat.completions.create({ model: 'none', messages })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error'
    })
    service.script = hanging('Hel')
    const stream = await client().chat.completions.create({ model, messages, stream: true })
    const read = (async () => {
      for await (const chunk of stream) expect(chunk.choices[0].delta.content).toBe('Hel')
    })()
    const failed = expect(read).rejects.toMatchObject({ code: 'shutting_down' })
    await gateway.drain({ deadlineMs: 0 })
    await failed
  })
})

describe('the client of Ollama', () => {
  const client = () => new Ollama({ host: gateway.url })

  it('chats', async () => {
    const reply = await client().chat({ model, messages })
    expect(reply.message.content).toBe('Hello')
    expect(reply).toMatchObject({ done: true, done_reason: 'stop', eval_count: 2, prompt_eval_count: 7 })
  })

  it('streams', async () => {
    const texts: string[] = []
    for await (const part of await client().chat({ model, messages, stream: true })) texts.push(part.message.content)
    expect(texts).toEqual(['Hel', 'lo', ''])
    const generated: string[] = []
    for await (const part of await client().generate({ model, prompt: 'Hi!', stream: true })) generated.push(part.response ?? '')
    expect(generated).toEqual(['Hel', 'lo', ''])
  })

  it('calls tools', async () => {
    service.script = called
    const tools = [{ type: 'function', function: { name: 'weather', description: '', parameters: { ...parameters } } }]
    const reply = await client().chat({ model, messages, tools })
    expect(reply.message.tool_calls).toMatchObject([{ function: { name: 'weather', arguments: { city: 'Rio' } } }])
  })

  it('embeds', async () => {
    service.script = embedded(vector)
    expect((await client().embed({ model: 'nomic-embed-text', input: 'a' })).embeddings).toEqual([vector])
    expect((await client().embeddings({ model: 'nomic-embed-text', prompt: 'a' })).embedding).toEqual(vector)
  })

  it('lists models', async () => {
    expect((await client().list()).models[0].name).toBe(model)
    expect((await client().ps()).models[0].name).toBe(model)
    expect((await client().show({ model })).capabilities).toEqual(['completion'])
  })

  it('aborts', async () => {
    service.script = hanging('Hel')
    const ollama = client()
    const stream = await ollama.chat({ model, messages, stream: true })
    const read = (async () => {
      for await (const part of stream) {
        expect(part.message.content).toBe('Hel')
        stream.abort()
      }
    })()
    await expect(read).rejects.toThrow(/abort/i)
    await expect.poll(() => service.ran[0].options.signal?.aborted).toBe(true)
  })

  it('understands what went wrong', async () => {
    await expect(client().chat({ model: 'none', messages })).rejects.toMatchObject({
      status_code: 404,
      message: expect.stringContaining('no peer serves the model "none"') as string
    })
  })
})

describe('the AI SDK', () => {
  const provider = () => createOpenAICompatible({ name: 'peerbandit', baseURL: `${gateway.url}/v1`, includeUsage: true })
  const prompt = 'What is the weather in Rio?'

  it('writes texts', async () => {
    const { text, usage, finishReason } = await generateText({ model: provider()(model), prompt })
    expect({ text, finishReason }).toEqual({ text: 'Hello', finishReason: 'stop' })
    expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 2 })
  })

  it('streams texts', async () => {
    const { textStream, usage } = streamText({ model: provider()(model), prompt })
    const texts: string[] = []
    for await (const text of textStream) texts.push(text)
    expect(texts.join('')).toBe('Hello')
    expect(await usage).toMatchObject({ inputTokens: 7, outputTokens: 2 })
  })

  it('calls tools', async () => {
    service.script = called
    const weather = tool({
      inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } })
    })
    const { toolCalls } = await generateText({ model: provider()(model), prompt, tools: { weather } })
    expect(toolCalls).toMatchObject([{ toolCallId: 'call_a', toolName: 'weather', input: { city: 'Rio' } }])
  })

  it('embeds', async () => {
    service.script = embedded(vector)
    const { embedding } = await embed({ model: provider().embeddingModel('nomic-embed-text'), value: 'a' })
    expect(embedding).toEqual(vector)
  })

  it('aborts', async () => {
    service.script = hanging('Hel')
    const controller = new AbortController()
    const { textStream } = streamText({ model: provider()(model), prompt, abortSignal: controller.signal, maxRetries: 0 })
    const read = (async () => {
      for await (const text of textStream) if (text.includes('Hel')) controller.abort()
    })()
    await read.catch(() => undefined)
    await expect.poll(() => service.ran[0].options.signal?.aborted).toBe(true)
  })

  it('understands what went wrong', async () => {
    await expect(generateText({ model: provider()('none'), prompt, maxRetries: 0 })).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('no peer serves the model') as string
    })
  })
})
