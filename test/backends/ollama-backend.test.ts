import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/job/api-call.ts'
import { answerOf, call, CHAT, NATIVE_CHAT, startBackend } from './support.ts'

const CREATED = 1_767_225_600

describe('ollamaBackend', () => {
  it('sends an Ollama chat in its own words, and makes chunks of what comes', async () => {
    const { server, backend } = await startBackend({ kind: 'ollama', script: { thoughts: ['hm'], words: ['Yes', '.'] } })
    const { text, count, chunks, done, error } = await answerOf(backend.infer(NATIVE_CHAT, {}))
    expect(error).toBeUndefined()
    expect(server.jobs[0]).toMatchObject({
      path: '/api/chat',
      body: { ...NATIVE_CHAT.call?.ollama, model: 'tiny', stream: true }
    })
    expect({ text, count }).toEqual({ text: 'Yes.', count: 3 })
    expect(chunks.slice(0, 2)).toEqual([
      {
        id: 'chatcmpl-job-1',
        object: 'chat.completion.chunk',
        created: CREATED,
        model: 'tiny',
        choices: [{ index: 0, delta: { role: 'assistant', content: '', reasoning: 'hm' }, finish_reason: null }],
        ollama: { created_at: '2026-01-01T00:00:00.123456Z', thinking: 'hm' }
      },
      expect.objectContaining({ choices: [{ index: 0, delta: { content: 'Yes' }, finish_reason: null }] })
    ])
    expect(done).toMatchObject({ promptTokens: 5, outputTokens: 3 })
    expect(done?.chunks).toMatchObject([
      {
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }],
        ollama: { done_reason: 'stop', total_duration: 4_883_583_458, eval_duration: 4_535_599_000, eval_count: 3 }
      },
      { choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }
    ])
  })

  it('says tool calls in both ways', async () => {
    const toolCalls = [
      { name: 'look', arguments: { at: 'sky' } },
      { name: 'tell', arguments: {} }
    ]
    const { backend } = await startBackend({ kind: 'ollama', script: { words: [], toolCalls } })
    const { chunks, count, done } = await answerOf(backend.infer(NATIVE_CHAT, {}))
    expect(count).toBe(2)
    const deltas = chunks.map(({ choices }) => (choices as JsonObject[])[0]['delta'] as JsonObject)
    expect(deltas.map(({ tool_calls: calls }) => calls)).toEqual([
      [{ index: 0, id: 'call_job-1_0', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } }],
      [{ index: 1, id: 'call_job-1_1', type: 'function', function: { name: 'tell', arguments: '{}' } }]
    ])
    expect(chunks[0]?.['ollama']).toMatchObject({ tool_calls: [{ function: { name: 'look', arguments: { at: 'sky' } } }] })
    expect(done?.chunks?.[0]).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }], ollama: { done_reason: 'stop' } })
  })

  it('generates', async () => {
    const script = { thoughts: ['hm'], words: ['blue', '!'], finishReason: 'length' }
    const { server, backend } = await startBackend({ kind: 'ollama', script })
    const request = call('completion', {}, { prompt: 'the sky is', raw: true })
    const { text, count, chunks, done } = await answerOf(backend.infer(request, {}))
    expect({ text, count }).toEqual({ text: 'blue!', count: 3 })
    expect(server.jobs[0]).toMatchObject({ path: '/api/generate', body: { prompt: 'the sky is', raw: true, model: 'tiny' } })
    expect(chunks[0]).toMatchObject({ object: 'text_completion', choices: [{ text: '', reasoning: 'hm' }] })
    expect(done?.chunks?.[0]).toMatchObject({ choices: [{ finish_reason: 'length' }], ollama: { context: [1, 2, 3] } })
  })

  it.each([
    ['input', { input: ['a', 'bcd'] }, [1, 3]],
    ['the prompt of the older endpoint', { prompt: 'four' }, [4]]
  ])('embeds %s', async (_, body, lengths) => {
    const { server, backend } = await startBackend({ kind: 'ollama' })
    const { done } = await answerOf(backend.infer(call('embedding', {}, body), {}))
    expect(server.jobs[0]?.path).toBe('/api/embed')
    expect(done).toMatchObject({
      promptTokens: 8,
      outputTokens: 0,
      reply: {
        object: 'list',
        model: 'tiny',
        data: lengths.map((length, index) => ({ object: 'embedding', index, embedding: [length, 0.5] })),
        ollama: { total_duration: 14_143_917, prompt_eval_count: 8 }
      }
    })
  })

  it('sends everything else through its /v1', async () => {
    const { server, backend } = await startBackend({ kind: 'ollama' })
    expect((await answerOf(backend.infer(CHAT, {}))).text).toBe('Hello world')
    expect(server.jobs[0]?.path).toBe('/v1/chat/completions')
  })

  it('knows its models with and without the tag, and which are in memory', async () => {
    const { backend } = await startBackend({ kind: 'ollama', models: ['tiny:latest', 'big:70b'] })
    expect(await backend.poll()).toMatchObject({
      models: ['tiny:latest', 'tiny', 'big:70b'],
      loaded: ['tiny:latest', 'tiny'],
      load: { slots: 1, running: 0, queued: 0 }
    })
  })

  it.each([1, 2, 5, 31])('reads a stream cut into pieces of %i bytes', async (pieceBytes) => {
    const { backend } = await startBackend({ kind: 'ollama', script: { words: ['Grüße', ' 🐧', ' 世界'], pieceBytes } })
    const { text, count, error } = await answerOf(backend.infer(NATIVE_CHAT, {}))
    expect({ text, count, error }).toEqual({ text: 'Grüße 🐧 世界', count: 3, error: undefined })
  })

  it.each([
    [
      'an error line',
      { kind: 'error', afterTokens: 1, message: 'out of memory' } as const,
      { name: 'EngineError', reason: 'engine' }
    ],
    ['a line that is no JSON', { kind: 'garbage', afterTokens: 1 } as const, { code: 'ERR_PROTOCOL' }],
    ['an end without done', { kind: 'end', afterTokens: 1 } as const, { code: 'ERR_PROTOCOL' }],
    ['a cut', { kind: 'cut', afterTokens: 1 } as const, { name: 'TransportError', reason: 'disconnected' }]
  ])('fails at %s, after what came before', async (_, fault, wanted) => {
    const { backend } = await startBackend({ kind: 'ollama', script: { fault } })
    const { text, error, done } = await answerOf(backend.infer(NATIVE_CHAT, {}))
    expect({ text, done }).toEqual({ text: 'Hello', done: undefined })
    expect(error).toMatchObject(wanted)
  })
})
