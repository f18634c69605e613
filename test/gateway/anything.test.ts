import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import { ApiError, apiErrorOf } from '../../src/gateway/api-error.ts'
import { ChunkFlow } from '../../src/gateway/chunk-flow.ts'
import { ENDPOINTS } from '../../src/gateway/endpoints.ts'
import { isArray } from '../../src/gateway/fields.ts'
import { jobOf, promptOf } from '../../src/gateway/job-of.ts'
import { checkJob } from '../../src/job/job.ts'
import { isJsonObject, type Json, type JsonObject } from '../../src/job/api-call.ts'
import { chunkOf } from './scripted-service.ts'

const clock = manualClock(1)
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>

/** An object whose fields are often of the right kind, and often not. */
function somewhat(fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> {
  const either = Object.fromEntries(
    Object.entries(fields).map(([name, right]) => [name, fc.oneof({ weight: 3, arbitrary: right }, json)])
  )
  return fc.record(either, { requiredKeys: [] })
}

const list = (item: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.array(item, { maxLength: 3 })
const text = fc.string({ maxLength: 8 })
const call = somewhat({ id: text, index: fc.nat(2), function: somewhat({ name: text, arguments: fc.oneof(text, json) }) })

const message = somewhat({
  role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
  content: fc.oneof(text, list(somewhat({ type: fc.constant('text'), text }))),
  images: list(text),
  tool_calls: list(call),
  tool_name: text,
  thinking: text
})

const body = somewhat({
  messages: list(message),
  prompt: fc.oneof(text, list(text)),
  input: fc.oneof(text, list(text)),
  stream: fc.boolean(),
  n: fc.integer({ min: 1, max: 3 }),
  max_tokens: fc.integer({ min: 1, max: 50 }),
  tools: list(json),
  options: somewhat({
    num_predict: fc.integer({ min: -2, max: 50 }),
    temperature: fc.double({ noNaN: true, min: 0, max: 2 }),
    stop: list(text)
  }),
  format: fc.constantFrom('json', ''),
  think: fc.boolean(),
  system: text,
  raw: fc.boolean(),
  suffix: text,
  response_format: somewhat({ type: fc.constant('text') }),
  stream_options: somewhat({ include_usage: fc.boolean() })
})

const usage = somewhat({ prompt_tokens: fc.nat(), completion_tokens: fc.nat(), total_tokens: fc.nat() })
const delta = somewhat({ role: fc.constant('assistant'), content: text, reasoning_content: text, tool_calls: list(call) })
const choice = somewhat({ index: fc.nat(2), delta, text, logprobs: json, finish_reason: fc.constantFrom('stop', 'length', null) })
const chunk = somewhat({
  id: text,
  created: fc.nat(),
  choices: list(choice),
  usage,
  ollama: somewhat({ message: somewhat({ tool_calls: list(call) }), eval_count: fc.nat() })
})

const endpoint = fc.constantFrom(...ENDPOINTS)
const defaults = { class: 'interactive', deadlineMs: 1000, outputTokens: 256, maxTokens: 4096 }
const preparation = {
  id: 'job',
  model: 'm',
  terms: { workloadClass: 'interactive', deadlineMs: 1000, maxPrice: Infinity },
  defaults,
  clock
}

describe('whatever a client sends', () => {
  it('is a job or a refusal', () => {
    fc.assert(
      fc.property(endpoint, body, ({ read }, given) => {
        try {
          const request = read({ model: 'm', ...given })
          const { job, identity } = jobOf(request, preparation)
          checkJob(job)
          const prompt = promptOf(request, identity.maxTokens, () => true)
          expect(prompt.maxTokens).toBeGreaterThanOrEqual(1)
          prompt.resume?.('so far', 1)
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
          expect((error as ApiError).status).toBe(400)
        }
      }),
      { numRuns: 1000 }
    )
  })
})

describe('whatever a peer sends', () => {
  const requests: Record<string, JsonObject> = {
    chat: { model: 'm', messages: [{ role: 'user', content: 'Hi!' }], stream_options: { include_usage: true } },
    completion: { model: 'm', prompt: 'Hi!', input: 'Hi!' }
  }
  const pieces = fc.array(fc.oneof(fc.array(chunk, { maxLength: 3 }), fc.constant('void'), fc.constant('kept')), { maxLength: 5 })

  it('is an answer, or a failure that is told', () => {
    fc.assert(
      fc.property(endpoint, fc.boolean(), pieces, fc.array(chunk, { maxLength: 2 }), (to, stream, steps, last) => {
        const asked = to.route.includes('chat') ? requests['chat'] : requests['completion']
        const request = to.read({ ...asked, stream })
        const { identity } = jobOf(request, preparation)
        const flow = new ChunkFlow(identity)
        const rendering = to.rendering(request, identity, clock)
        let written = ''
        for (const step of steps) {
          if (step === 'kept') flow.resume()
          else if (step === 'void') {
            // Only what was not sent can be void.
            if (written !== '') continue
            flow.reset()
            rendering.reset()
          } else written += rendering.pieces(flow.tokens({ kind: 'tokens', text: 'a', count: 1, chunks: step }))
        }
        const done = { kind: 'done', promptTokens: 1, outputTokens: 1, chunks: last } as const
        const timeline = { startMs: 0, sentMs: 0, firstTokenMs: 1, endMs: 2 }
        try {
          const rest = flow.done(done)
          written += rendering.end(rest, { done, usage: flow.usage(done), timeline, resumed: flow.resumed })
        } catch (error) {
          expect(apiErrorOf(error).status).toBe(502)
          return
        }
        for (const line of written.split('\n').filter((part) => part !== '' && part !== 'data: [DONE]'))
          expect(isJsonObject(JSON.parse(line.replace(/^data: /, '')) as Json)).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })

  it('is one answer however it comes, of text', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 })
    const streamed = ENDPOINTS.filter(({ route }) => !route.includes('embed'))
    fc.assert(
      fc.property(fc.constantFrom(...streamed), fc.boolean(), texts, fc.boolean(), (to, stream, parts, asChunks) => {
        const asked = to.route.includes('chat') ? requests['chat'] : requests['completion']
        const request = to.read({ ...asked, stream })
        const { identity } = jobOf(request, preparation)
        const flow = new ChunkFlow(identity)
        const rendering = to.rendering(request, identity, clock)
        let written = ''
        for (const part of parts) {
          const chunks = asChunks && identity.endpoint === 'chat' ? { chunks: [chunkOf({ content: part })] } : {}
          written += rendering.pieces(flow.tokens({ kind: 'tokens', text: part, count: 1, ...chunks }))
        }
        const done = { kind: 'done', promptTokens: 1, outputTokens: parts.length } as const
        const timeline = { startMs: 0, sentMs: 0, firstTokenMs: 1, endMs: 2 }
        written += rendering.end(flow.done(done), { done, usage: flow.usage(done), timeline, resumed: false })
        expect(saidIn(written)).toBe(parts.join(''))
      })
    )
  })
})

/** The text of an answer in any of its forms. */
function saidIn(written: string): string {
  return written
    .split('\n')
    .filter((line) => line !== '' && line !== 'data: [DONE]')
    .map((line) => {
      const said = JSON.parse(line.replace(/^data: /, '')) as JsonObject
      const first = isArray(said['choices']) ? said['choices'][0] : undefined
      const holder = isJsonObject(first) ? { ...first, ...(isJsonObject(first['delta']) ? first['delta'] : {}) } : said
      const inner = isJsonObject(holder['message']) ? holder['message'] : {}
      const found = holder['content'] ?? holder['text'] ?? holder['response'] ?? inner['content']
      return typeof found === 'string' ? found : ''
    })
    .join('')
}
