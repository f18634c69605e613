import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ReplyAssembler } from '../../src/gateway/assemble.ts'
import type { Json, JsonObject } from '../../src/job/api-call.ts'

/** A text in pieces, which may be empty. */
function splits(text: string): fc.Arbitrary<string[]> {
  return fc.array(fc.nat({ max: text.length }), { maxLength: 6 }).map((cuts) => {
    const ends = [...cuts.sort((a, b) => a - b), text.length]
    return ends.map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end))
  })
}

const name = fc.stringMatching(/^[a-z_]{1,12}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const logprob = fc.record({ token: text, logprob: fc.double({ noNaN: true, max: -0.1, min: -9 }), top_logprobs: fc.constant([]) })
/** Fields that the assembler cannot know of. */
const unknown = fc.record({
  x_number: fc.integer(),
  x_null: fc.constant(null),
  x_list: fc.array(fc.integer(), { minLength: 1, maxLength: 3 })
})

const message = fc.record(
  {
    role: fc.constant('assistant'),
    content: fc.option(text),
    refusal: text,
    reasoning_content: text,
    x_text: text,
    tool_calls: fc.array(
      fc.record({ id: fc.uuid(), type: fc.constant('function'), function: fc.record({ name, arguments: text }) }),
      { minLength: 1, maxLength: 3 }
    )
  },
  { requiredKeys: ['role', 'content'] }
)

const choice = fc.record({
  message,
  finish_reason: fc.constantFrom('stop', 'length', 'tool_calls'),
  logprobs: fc.option(fc.array(logprob))
})

const reply = fc.record({
  id: fc.uuid(),
  model: name,
  created: fc.nat(),
  system_fingerprint: fc.option(name),
  unknown,
  choices: fc.array(choice, { minLength: 1, maxLength: 3 })
})

type Reply = typeof reply extends fc.Arbitrary<infer T> ? T : never
type Choice = Reply['choices'][number]

/** What one answer says, as deltas in order. */
function deltasOf({ message: { role, content, tool_calls: calls = [], ...texts } }: Choice): fc.Arbitrary<JsonObject[]> {
  const pieces = Object.entries({ ...(content === null ? {} : { content }), ...texts }).map(([field, value]) =>
    splits(value ?? '').map((parts) => parts.map((part): JsonObject => ({ [field]: part })))
  )
  const called = calls.map(({ id, type, function: { name: named, arguments: given } }, index) =>
    splits(given).map(([first, ...rest]): JsonObject[] => [
      { tool_calls: [{ index, id, type, function: { name: named, arguments: first } }] },
      ...rest.map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] }))
    ])
  )
  return fc.tuple(...pieces, ...called).map((groups) => [{ role, ...(content === null ? { content } : {}) }, ...groups.flat()])
}

function chunksOf(given: Reply): fc.Arbitrary<JsonObject[]> {
  const { choices, unknown: more, ...head } = given
  const common = { ...head, ...more, object: 'chat.completion.chunk' }
  return fc.tuple(...choices.map(deltasOf)).map((all) =>
    all.flatMap((deltas, index) => {
      const { logprobs, finish_reason: reason } = choices[index]
      const wrap = (choiceOf: JsonObject): JsonObject => ({ ...common, choices: [{ index, finish_reason: null, ...choiceOf }] })
      const probable = (logprobs ?? []).map((item) => wrap({ delta: {}, logprobs: { content: [item] as unknown as Json } }))
      const opening = wrap({ delta: {}, logprobs: logprobs === null ? null : { content: [] } })
      return [opening, ...deltas.map((delta) => wrap({ delta })), ...probable, wrap({ delta: {}, finish_reason: reason })]
    })
  )
}

it('any splitting of a reply gives the reply', () => {
  const split = reply.chain((whole) => fc.tuple(fc.constant(whole), chunksOf(whole)))
  fc.assert(
    fc.property(split, ([whole, chunks]) => {
      const assembler = new ReplyAssembler()
      for (const chunk of chunks) assembler.take(chunk)
      const { choices, unknown: more, ...head } = whole
      expect(assembler.reply(true)).toEqual({
        ...head,
        ...more,
        object: 'chat.completion',
        choices: choices.map(({ logprobs, ...rest }, index) => ({
          index,
          ...rest,
          logprobs: logprobs === null ? null : { content: logprobs }
        }))
      })
    }),
    { numRuns: 200 }
  )
})

it('puts texts together with what is said of their tokens', () => {
  const assembler = new ReplyAssembler()
  const piece = (part: string, at: number, more: JsonObject): JsonObject => ({
    object: 'text_completion',
    choices: [
      {
        index: 0,
        text: part,
        logprobs: { tokens: [part], token_logprobs: [null], text_offset: [at] },
        finish_reason: null,
        ...more
      }
    ]
  })
  assembler.take(piece('a', 0, {}))
  assembler.take(piece('b', 1, { finish_reason: 'length' }))
  expect(assembler.reply(false)).toEqual({
    object: 'text_completion',
    choices: [
      {
        index: 0,
        text: 'ab',
        logprobs: { tokens: ['a', 'b'], token_logprobs: [null, null], text_offset: [0, 1] },
        finish_reason: 'length'
      }
    ]
  })
})

it('takes no field for the prototype of objects', () => {
  const assembler = new ReplyAssembler()
  assembler.take(
    JSON.parse('{"__proto__":{"bad":1},"choices":[{"index":0,"delta":{"__proto__":{"bad":1},"content":"a"}}]}') as JsonObject
  )
  const whole = assembler.reply(true)
  expect(whole['bad']).toBeUndefined()
  expect(whole).toEqual({ choices: [{ index: 0, message: { role: 'assistant', content: 'a' } }] })
})
