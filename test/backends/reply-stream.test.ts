import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventStream, jsonLines } from '../../src/backends/framing.ts'
import { chatChunks, completionChunks } from '../../src/backends/ollama-chunk.ts'
import { ReplyStream, type StreamFormat } from '../../src/backends/reply-stream.ts'
import type { JsonObject } from '../../src/job/api-call.ts'
import type { InferenceEvent } from '../../src/router/transport.ts'
import { replyOf } from './scripted-replies.ts'
import type { Script } from './scripted-server.ts'
import { type Answer, sumUp } from './support.ts'

const CONTEXT = { jobId: 'job-1', startedMs: 0 }

/** A new one for every stream: they count tool calls. */
const FORMATS: Readonly<Record<string, () => StreamFormat>> = {
  '/v1/chat/completions': () => ({ framing: eventStream, chunksOf: (record) => [record] }),
  '/v1/completions': () => ({ framing: eventStream, chunksOf: (record) => [record] }),
  '/api/chat': () => ({ framing: jsonLines, chunksOf: chatChunks(CONTEXT), isLast: ({ done }) => done === true }),
  '/api/generate': () => ({ framing: jsonLines, chunksOf: completionChunks(CONTEXT), isLast: ({ done }) => done === true })
}

const PATHS = Object.keys(FORMATS)

/** Reads the bytes in the batches that they are given in. */
function read(path: string, batches: readonly (readonly Buffer[])[], maxLineLength = 1_000): Answer {
  const stream = new ReplyStream({ format: FORMATS[path](), name: 'box', maxLineLength, promptTokens: 3, withChunks: true })
  const events: InferenceEvent[] = []
  const keep = (some: readonly InferenceEvent[]) => {
    events.push(...some)
    stream.throwIfFaulty()
  }
  try {
    for (const batch of batches) {
      keep(stream.take(batch))
      if (stream.finished) break
    }
    if (!stream.finished) keep(stream.takeLast())
    events.push(stream.done())
    return sumUp(events)
  } catch (error) {
    return sumUp(events, error)
  }
}

/** Batches of pieces, cut where they are told. */
function cut(bytes: Buffer, cuts: readonly number[], batchSize: number): Buffer[][] {
  const at = [...new Set([0, ...cuts.map((each) => each % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
  const batches: Buffer[][] = []
  for (let i = 0; i < pieces.length; i += batchSize) batches.push(pieces.slice(i, i + batchSize))
  return batches
}

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
const script: fc.Arbitrary<Script> = fc.record({
  words: fc.array(word, { maxLength: 8 }),
  thoughts: fc.array(word, { maxLength: 3 }),
  toolCalls: fc.array(fc.record({ name: word, arguments: fc.dictionary(word, word, { maxKeys: 2 }) }), { maxLength: 2 }),
  usage: fc.boolean(),
  done: fc.boolean()
})

/** Halves of characters, too. */
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

const anyText = fc.oneof(
  fc.string({ unit: codeUnit, maxLength: 40 }),
  fc.json({ maxDepth: 3 }).map((json) => `data: ${json}\n\n`),
  fc.json({ maxDepth: 3 }).map((json) => `${json}\n`),
  fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    'data:',
    ': ping\n\n',
    'data: {\ndata: }\n\n',
    'data: [DONE]\n\n',
    '{"done":true}\n',
    '\uFEFF'
  ),
  fc.constantFrom(
    'data: {"error":"x"}\n\n',
    '{"error":{"message":1}}\n',
    `data: "${'x'.repeat(1_000)}"\n\n`,
    `${'y'.repeat(1_100)}\n`
  )
)

/** Errors say the same when they are of one kind. */
function comparable({ error, ...answer }: Answer): object {
  return { ...answer, error: error === undefined ? undefined : (error as Error).name }
}

describe('ReplyStream', () => {
  it('makes the same of a stream however its bytes are cut', () => {
    const cuts = fc.array(fc.nat(5_000), { maxLength: 40 })
    fc.assert(
      fc.property(fc.constantFrom(...PATHS), script, cuts, fc.integer({ min: 1, max: 4 }), (path, said, places, batchSize) => {
        const { head, tokens, tail } = replyOf(said, { path, body: { model: 'tiny' }, number: 1 })
        const bytes = Buffer.from([...head, ...tokens, ...tail].join(''))
        const whole = read(path, [[bytes]])
        expect(read(path, cut(bytes, places, batchSize))).toEqual(whole)
        const { words = [], thoughts = [], toolCalls = [] } = said
        const chat = path.includes('chat')
        expect(whole.error).toBeUndefined()
        expect(whole.text).toBe(words.join(''))
        expect(chat ? whole.count : words.length).toBe(words.length + (chat ? thoughts.length + toolCalls.length : 0))
      }),
      { numRuns: 300 }
    )
  })

  it('makes the same of anything at all, however it is cut, and throws only what it may', () => {
    const cuts = fc.array(fc.nat(3_000), { maxLength: 30 })
    fc.assert(
      fc.property(fc.constantFrom(...PATHS), fc.array(anyText, { maxLength: 8 }), cuts, (path, texts, places) => {
        const bytes = Buffer.from(texts.join(''))
        const whole = read(path, [[bytes]])
        expect(comparable(read(path, cut(bytes, places, 1)))).toEqual(comparable(whole))
        expect([undefined, 'PeerbanditError', 'EngineError']).toContain((whole.error as Error | undefined)?.name)
      }),
      { numRuns: 500 }
    )
  })

  it('reads data over several lines, other line ends, comments and a byte order mark', () => {
    const text =
      '\uFEFF: hello\r\n\r\ndata: {"choices":\rdata: [{"delta":{"content":"é"},\r\ndata:"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    const { text: said, count, done } = read('/v1/chat/completions', cut(Buffer.from(text), [...text].keys().toArray(), 1))
    expect({ said, count, output: done?.outputTokens }).toEqual({ said: 'é', count: 1, output: 1 })
  })

  it('lets chunks without a token go along with the next that has one', () => {
    const chunk = (delta: JsonObject, reason: string | null = null) =>
      Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`)
    const stream = new ReplyStream({
      format: FORMATS['/v1/chat/completions'](),
      name: 'box',
      maxLineLength: 1_000,
      promptTokens: 3,
      withChunks: true
    })
    expect(stream.take([chunk({ role: 'assistant' })])).toEqual([])
    expect(stream.take([chunk({ content: 'a' }), chunk({}), chunk({ content: 'b' }), chunk({ content: '' })])).toMatchObject([
      { text: 'ab', count: 2, chunks: { length: 4 } }
    ])
    expect(stream.take([chunk({}, 'stop')])).toEqual([])
    expect(stream.takeLast()).toEqual([])
    expect(stream.done()).toMatchObject({ promptTokens: 3, outputTokens: 2, chunks: { length: 2 } })
  })

  it('makes several events of what comes at once, when it is much', () => {
    const { tokens } = replyOf(
      { words: Array.from({ length: 1_000 }, (_, i) => ` ${i}`) },
      { path: PATHS[0], body: {}, number: 1 }
    )
    const format = FORMATS[PATHS[0]]()
    const events = new ReplyStream({ format, name: 'box', maxLineLength: 1_000, promptTokens: 0, withChunks: true }).take([
      Buffer.from(tokens.join(''))
    ])
    expect(events.length).toBeGreaterThan(5)
    for (const { chunks } of events) expect(JSON.stringify(chunks).length).toBeLessThan(16_384)
    expect(sumUp(events)).toMatchObject({ count: 1_000, chunks: { length: 1_000 } })
  })

  it('has the text of the first choice and the tokens of all', () => {
    const choice = (index: number, content: string) => ({ index, delta: { content }, finish_reason: 'stop' })
    const text = `data: ${JSON.stringify({ choices: [choice(1, 'B'), choice(0, 'A')] })}\n\ndata: ${JSON.stringify({ choices: [choice(1, 'C')] })}\n\n`
    expect(read('/v1/chat/completions', [[Buffer.from(text)]])).toMatchObject({ text: 'A', count: 2 })
  })

  it.each([{ prompt_tokens: -1, completion_tokens: 2 }, { prompt_tokens: 1e300 }, { prompt_tokens: '5' }, 7, null])(
    'does not believe a usage of %o',
    (usage) => {
      const text = `data: ${JSON.stringify({ choices: [{ text: 'a', finish_reason: 'stop' }], usage })}\n\n`
      expect(read('/v1/completions', [[Buffer.from(text)]]).done).toMatchObject({ promptTokens: 3, outputTokens: 1 })
    }
  )
})
