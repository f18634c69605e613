import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readOllamaChat, readOllamaGenerate } from '../../src/gateway/ollama-request.ts'
import { readChat, readCompletion } from '../../src/gateway/openai-request.ts'
import { resumablePrompt } from '../../src/gateway/resume.ts'
import type { JsonObject } from '../../src/job/api-call.ts'

const chat: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'Hi!' }] }

const promptOf = ({ call, text }: ReturnType<typeof readChat>, maxTokens = 10) =>
  resumablePrompt({ call, text, maxTokens, canResume: () => true })

describe('an answer that was cut off', () => {
  it('of a chat is gone on from as the beginning of a message', () => {
    const prompt = promptOf(readChat({ ...chat, max_tokens: 10, temperature: 0 }))
    expect(prompt.resume?.('Hel', 3)).toMatchObject({
      text: 'Hi!\n\nHel',
      maxTokens: 7,
      call: {
        body: {
          model: 'm',
          temperature: 0,
          max_tokens: 7,
          messages: [
            { role: 'user', content: 'Hi!' },
            { role: 'assistant', content: 'Hel' }
          ],
          continue_final_message: true,
          add_generation_prompt: false
        }
      }
    })
  })

  it('of a text is gone on from as more of it', () => {
    const prompt = promptOf(readCompletion({ model: 'm', prompt: 'Once' }))
    expect(prompt.resume?.(' upon', 1)).toMatchObject({
      text: 'Once upon',
      maxTokens: 9,
      call: { endpoint: 'completion', body: { model: 'm', prompt: 'Once upon' } }
    })
  })

  it('is gone on from in Ollama’s words too', () => {
    const prompt = promptOf(readOllamaChat({ ...chat, options: { num_predict: 10, seed: 1 } }))
    expect(prompt.resume?.('Hel', 3)?.call?.ollama).toEqual({
      model: 'm',
      messages: [
        { role: 'user', content: 'Hi!' },
        { role: 'assistant', content: 'Hel' }
      ],
      options: { num_predict: 7, seed: 1 }
    })
    const raw = promptOf(readOllamaGenerate({ model: 'm', prompt: 'Once', raw: true }))
    expect(raw.resume?.(' upon', 1)?.call?.ollama).toMatchObject({ prompt: 'Once upon' })
    const generate = promptOf(readOllamaGenerate({ model: 'm', prompt: 'Hi!' }))
    expect(generate.resume?.('Hel', 1)?.call?.ollama).toMatchObject({
      messages: [{ content: 'Hi!' }, { role: 'assistant', content: 'Hel' }]
    })
    expect(readOllamaGenerate({ model: 'm', prompt: 'Hi!', template: '{{ .Prompt }}' }).resumable).toBe(false)
  })

  it('is the same however often it was cut off', () => {
    const pieces = fc.array(fc.record({ text: fc.string({ maxLength: 5 }), tokens: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 4
    })
    const requests = fc.constantFrom(
      readChat({ ...chat, max_completion_tokens: 100 }),
      readCompletion({ model: 'm', prompt: 'Once', max_tokens: 100 }),
      readOllamaChat({ ...chat, options: { num_predict: 100 } })
    )
    fc.assert(
      fc.property(pieces, requests, (cuts, request) => {
        const start = promptOf(request, 100)
        const text = cuts.map((cut) => cut.text).join('')
        const tokens = cuts.reduce((sum, cut) => sum + cut.tokens, 0)
        const atOnce = start.resume?.(text, tokens)
        let prompt: typeof atOnce = start
        for (const cut of cuts) prompt = prompt?.resume?.(cut.text, cut.tokens)
        expect({ ...prompt, resume: undefined }).toEqual({ ...atOnce, resume: undefined })
        expect(prompt?.maxTokens).toBe(100 - tokens)
      })
    )
  })

  it('is not gone on from when it has its length, or thought', () => {
    expect(promptOf(readChat(chat)).resume?.('Hello', 10)).toBeUndefined()
    const { call, text } = readChat(chat)
    expect(resumablePrompt({ call, text, maxTokens: 10, canResume: () => false }).resume?.('H', 1)).toBeUndefined()
  })

  it('is not gone on from after the client’s own beginning, which nobody says how to take', () => {
    const messages = [...(chat['messages'] as JsonObject[]), { role: 'assistant', content: 'He' }]
    expect(promptOf(readChat({ ...chat, messages })).resume?.('llo', 1)).toBeUndefined()
  })
})

describe('a request', () => {
  it.each<[string, JsonObject, boolean]>([
    ['one text', {}, true],
    ['plain text, said at length', { n: 1, tools: [], logprobs: false, response_format: { type: 'text' } }, true],
    ['several answers', { n: 2 }, false],
    ['tools', { tools: [{ type: 'function' }] }, false],
    ['log probabilities', { logprobs: true }, false],
    ['a schema', { response_format: { type: 'json_object' } }, false]
  ])('for %s: can be gone on from: %3$s', (_, more, resumable) => {
    expect(readChat({ ...chat, ...more }).resumable).toBe(resumable)
  })

  it.each<[string, JsonObject]>([
    ['echo', { echo: true }],
    ['a suffix', { suffix: '.' }],
    ['log probabilities', { logprobs: 0 }],
    ['several prompts', { prompt: ['a', 'b'] }]
  ])('for a completion with %s cannot be gone on from', (_, more) => {
    expect(readCompletion({ model: 'm', prompt: 'Once', ...more }).resumable).toBe(false)
  })

  it('in Ollama’s words with a format or tools cannot be gone on from', () => {
    expect(readOllamaChat(chat).resumable).toBe(true)
    expect(readOllamaChat({ ...chat, format: 'json' }).resumable).toBe(false)
    expect(readOllamaChat({ ...chat, tools: [{}] }).resumable).toBe(false)
  })

  it('is as long as its text, its tools and its pictures', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const plain = readChat(chat).promptChars
    expect(plain).toBe(3)
    expect(readChat({ ...chat, tools }).promptChars).toBe(plain + JSON.stringify(tools).length)
    const seen = readChat({ ...chat, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi!' }, image] }] })
    expect(seen.promptChars).toBe(plain + 1024)
    expect(seen.text).toBe('Hi!')
    const talk = readChat({
      ...chat,
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Hi!' }
      ]
    })
    expect(talk.text).toBe('system: Be short.\n\nuser: Hi!\n\nassistant:')
  })
})
