import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/job/api-call.ts'
import type { Script, SeenRequest } from './scripted-server.ts'
import { answerOf, backendTo, call, CHAT, someRequest, startBackend } from './support.ts'

describe('openAiBackend', () => {
  it('streams a chat as the server sends it', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm', script: { words: ['Yes', ', it', ' is.'] } })
    const { text, count, chunks, done, error } = await answerOf(backend.infer(CHAT, {}))
    expect(error).toBeUndefined()
    expect({ text, count }).toEqual({ text: 'Yes, it is.', count: 3 })
    expect(chunks.map(({ choices }) => (choices as JsonObject[])[0]['delta'])).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Yes' },
      { content: ', it' },
      { content: ' is.' }
    ])
    expect(done).toMatchObject({ promptTokens: 5, outputTokens: 3, load: { running: 0 } })
    expect(done?.chunks).toMatchObject([
      { choices: [{ finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }
    ])
    expect(server.jobs[0]?.path).toBe('/v1/chat/completions')
    expect(server.jobs[0]?.body).toEqual({
      ...CHAT.call?.body,
      stream: true,
      stream_options: { include_usage: true }
    })
  })

  it('keeps what the client asked of the stream, and asks for the usage', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    const body = { messages: [], stream: false, stream_options: { include_usage: false, continuous_usage_stats: true } }
    await answerOf(backend.infer(call('chat', body), {}))
    expect(server.jobs[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true, continuous_usage_stats: true }
    })
  })

  it('streams completions', async () => {
    const { server, backend } = await startBackend({ kind: 'llamacpp' })
    const { text, count, done } = await answerOf(backend.infer(call('completion', { prompt: 'say' }), {}))
    expect({ text, count, output: done?.outputTokens }).toEqual({ text: 'Hello world', count: 2, output: 2 })
    expect(server.jobs[0]).toMatchObject({ path: '/v1/completions', body: { prompt: 'say', model: 'tiny' } })
  })

  it('makes a chat of a plain prompt', async () => {
    const { server, backend } = await startBackend({ kind: 'openai' })
    const { text, chunks, done } = await answerOf(backend.infer(someRequest(), {}))
    expect(text).toBe('Hello world')
    expect(chunks, 'nobody asked for them').toEqual([])
    expect(done).not.toHaveProperty('chunks')
    expect(server.jobs[0]?.body).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'is the sky blue?' }],
      max_tokens: 3,
      stream: true,
      stream_options: { include_usage: true }
    })
  })

  it('counts thoughts and tool calls as tokens, which are no text', async () => {
    const toolCalls = [{ name: 'look', arguments: { at: 'the sky' } }]
    const { backend } = await startBackend({ kind: 'vllm', script: { thoughts: ['hm', '…'], words: ['ok'], toolCalls } })
    const { text, count, chunks, done } = await answerOf(backend.infer(CHAT, {}))
    expect({ text, count }).toEqual({ text: 'ok', count: 4 })
    expect(JSON.stringify(chunks)).toContain('\\"at\\":\\"the sky\\"')
    expect(done?.chunks?.[0]).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] })
  })

  it('asks for embeddings once and ends with the reply', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    const { count, done } = await answerOf(backend.infer(call('embedding', { input: ['a', 'bcd'] }), {}))
    expect(count).toBe(0)
    expect(done).toMatchObject({
      promptTokens: 8,
      outputTokens: 0,
      reply: { object: 'list', data: [{ embedding: [1, 0.5] }, { embedding: [3, 0.5] }] }
    })
    expect(server.jobs[0]).toMatchObject({ path: '/v1/embeddings', body: { input: ['a', 'bcd'], model: 'tiny' } })
    expect(server.jobs[0]?.body).not.toHaveProperty('stream')
  })

  it('counts by itself where no usage is told, and goes without [DONE]', async () => {
    const { backend } = await startBackend({ kind: 'openai', script: { usage: false, done: false } })
    const { done } = await answerOf(backend.infer({ ...CHAT, promptTokens: 7 }, {}))
    expect(done).toMatchObject({ promptTokens: 7, outputTokens: 2 })
  })

  it('calls a model by the name that the server has for it', async () => {
    const models = { small: 'org/tiny-7b', absent: 'org/other' }
    const { server, backend } = await startBackend({ kind: 'vllm', models: ['org/tiny-7b', 'org/third'] }, { models })
    const { error } = await answerOf(backend.infer({ ...CHAT, model: 'small' }, {}))
    expect(error).toBeUndefined()
    expect(server.jobs[0]?.body['model']).toBe('org/tiny-7b')
    expect((await backend.poll()).models).toEqual(['small'])
  })

  it('sends its key and headers, and keeps a path before /v1', async () => {
    const { server } = await startBackend({ kind: 'openai', apiKey: 'sesame' })
    server.answers = { '/behind/proxy/v1/models': { body: { data: [{ id: 'tiny' }] } } }
    const near = backendTo(server, { apiKey: 'sesame', headers: { 'x-team': 'blue' } })
    expect((await answerOf(near.infer(CHAT, {}))).text).toBe('Hello world')
    expect(server.jobs[0]?.headers).toMatchObject({ authorization: 'Bearer sesame', 'x-team': 'blue' })
    const behind = backendTo({ kind: 'openai', url: `${server.url}/behind/proxy/v1/` })
    expect((await behind.poll()).models).toEqual(['tiny'])
  })

  it('serves one job after the other over connections that it keeps', async () => {
    const { server, backend } = await startBackend({ kind: 'vllm' })
    for (let i = 0; i < 5; i++) await answerOf(backend.infer(CHAT, {}))
    expect(server.jobs.length).toBe(5)
    // A next job may begin before the end of the last one has come: then two take turns.
    expect(server.connections).toBeLessThanOrEqual(2)
  })

  it('serves many jobs at once, each with its own answer', async () => {
    const script = ({ body }: SeenRequest): Script => ({ words: [JSON.stringify(body['seed']), '!'], pieceBytes: 50 })
    const { server, backend } = await startBackend({ kind: 'vllm', script })
    const seeds = Array.from({ length: 30 }, (_, seed) => seed)
    const answers = await Promise.all(seeds.map((seed) => answerOf(backend.infer(call('chat', { messages: [], seed }), {}))))
    expect(answers.map(({ text }) => text)).toEqual(seeds.map((seed) => `${seed}!`))
    expect(server.jobs.length).toBe(30)
    expect(backend.load()).toMatchObject({ running: 0, queued: 0 })
  })

  it('loses nothing of a reply that comes faster than it is read', async () => {
    const words = Array.from({ length: 10_000 }, (_, i) => ` ${i}`)
    const { backend } = await startBackend({ kind: 'vllm', script: { words } })
    const texts: string[] = []
    for await (const event of backend.infer(CHAT, {})) {
      if (event.kind === 'tokens') texts.push(event.text)
      await new Promise(setImmediate)
    }
    expect(texts.join('')).toBe(words.join(''))
  })

  it.each([1, 2, 3, 7, 64])('reads a stream cut into pieces of %i bytes', async (pieceBytes) => {
    const script = { words: ['Grüße', ' 🐧🐧', ' 世界'], pieceBytes }
    const { backend } = await startBackend({ kind: 'vllm', script })
    const { text, count, error } = await answerOf(backend.infer(CHAT, {}))
    expect({ text, count, error }).toEqual({ text: 'Grüße 🐧🐧 世界', count: 3, error: undefined })
  })

  it.each([
    ['url', { url: 'ftp://box' }],
    ['url', { url: 'http://me:secret@box' }],
    ['name', { name: '' }],
    ['slots', { slots: 0 }],
    ['maxReplyBytes', { maxReplyBytes: NaN }],
    ['models.a', { models: { a: '' } }]
  ])('refuses a bad %s: %o', async (named, options) => {
    const attempt = startBackend({ kind: 'openai' }, options)
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await expect(attempt).rejects.toThrow(named)
    await expect(attempt).rejects.not.toThrow('secret')
  })
})
