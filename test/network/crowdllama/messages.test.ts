import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateTokens } from '../../../src/network/crowdllama/estimate-tokens.ts'
import {
  eventsFromCrowdllama,
  failureToCrowdllama,
  requestFromCrowdllama,
  requestToCrowdllama
} from '../../../src/network/crowdllama/messages.ts'
import { RENDEZVOUS } from '../../../src/network/crowdllama/protocols.ts'
import { BaseMessageSchema, type GenerateResponseSchema } from '../../../src/network/generated/crowdllama/llama_pb.ts'
import { UINT32_LENGTH, VARINT_LENGTH } from '../../../src/network/length-prefix.ts'
import { CROWDLLAMA_FRAMES } from '../../fixtures/crowdllama-frames.ts'
import { someRequest } from '../support.ts'

const { request, failure, response } = CROWDLLAMA_FRAMES
const frame = (message: MessageInitShape<typeof BaseMessageSchema>['message']) =>
  Buffer.from(UINT32_LENGTH.encode(toBinary(BaseMessageSchema, create(BaseMessageSchema, { message })))).toString('hex')
const decoded = (hex: string) => fromBinary(BaseMessageSchema, Buffer.from(hex.slice(8), 'hex'))

function responding(value: MessageInitShape<typeof GenerateResponseSchema>) {
  return create(BaseMessageSchema, { message: { case: 'generateResponse', value } })
}

const ANSWER = { model: 'tiny', response: 'The sky is blue.', done: true, doneReason: 'stop' }

describe('frames of CrowdLlama', () => {
  it.each([
    ['request', request],
    ['failure', failure],
    ['response', response]
  ])('are byte for byte those of its own nodes: %s', (_, { message, hex }) => {
    expect(frame(message)).toBe(hex)
    expect(decoded(hex).message).toMatchObject(message)
  })

  it('meet at the identity hash of its name', () => {
    expect(RENDEZVOUS.toString()).toBe('bafkqadldojxxozdmnrqw2yjnnzzq')
    expect(Buffer.from(RENDEZVOUS.multihash.bytes).toString('hex')).toBe('000d63726f77646c6c616d612d6e73')
  })

  it.each([
    ['four bytes', UINT32_LENGTH],
    ['a varint', VARINT_LENGTH]
  ])('have a length in %s that reads as it was written', async (_, prefix) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 70_000 }), async (length) => {
        const framed = prefix.encode(new Uint8Array(length))
        let at = 1
        const take = (count: number) => Promise.resolve(framed.subarray(at, (at += count)))
        expect(await prefix.read(framed[0], take, () => undefined)).toBe(length)
        expect(framed.length - at).toBe(length)
      }),
      { numRuns: 100 }
    )
  })
})

describe('a request', () => {
  it('carries the model and the prompt, and never asks for a stream', () => {
    const message = requestToCrowdllama(someRequest({ model: 'tinyllama', prompt: 'is the sky blue?' }))
    expect(frame(message.message)).toBe(request.hex)
    expect(requestFromCrowdllama(message)).toEqual({ model: 'tinyllama', prompt: 'is the sky blue?' })
  })

  it('carries a chat as the one text that it is', () => {
    const prompt = 'system: be brief\n\nuser: is the sky blue?\n\nassistant:'
    const call = { endpoint: 'chat', body: { messages: [{ role: 'system', content: 'be brief' }] } } as const
    expect(requestToCrowdllama(someRequest({ prompt, call })).message).toMatchObject({ value: { prompt, stream: false } })
  })

  it('cannot be for an embedding', () => {
    const call = { endpoint: 'embedding', body: {} } as const
    expect(() => requestToCrowdllama(someRequest({ call }))).toThrow(
      expect.objectContaining({ name: 'RequestError', status: 400 })
    )
  })

  it.each([
    ['a response', responding(ANSWER)],
    ['nothing', create(BaseMessageSchema)],
    ['a request for no model', create(BaseMessageSchema, { message: { case: 'generateRequest', value: { prompt: 'hi' } } })]
  ])('is refused where it is %s', (_, message) => {
    expect(() => requestFromCrowdllama(message)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  })
})

describe('an answer', () => {
  it('is its text and its end, with tokens estimated from the text', () => {
    expect(eventsFromCrowdllama(responding(ANSWER), someRequest())).toEqual([
      { kind: 'tokens', text: 'The sky is blue.', count: 4 },
      { kind: 'done', promptTokens: 4, outputTokens: 4 }
    ])
  })

  it('of a worker of CrowdLlama is read without its durations', () => {
    const [tokens, done] = eventsFromCrowdllama(decoded(response.hex), someRequest())
    expect(tokens).toEqual({ kind: 'tokens', text: 'yes', count: 1 })
    expect(done).toEqual({ kind: 'done', promptTokens: 4, outputTokens: 1 })
  })

  it.each([
    [5, 5],
    [2, 2],
    [6, 6],
    [7, 4],
    [1, 4],
    [2 ** 31 - 1, 4],
    [-5, 4]
  ])('with a count of %i tokens for about four is of %i', (evalCount, count) => {
    expect(eventsFromCrowdllama(responding({ ...ANSWER, evalCount }), someRequest())[0]).toMatchObject({ count })
  })

  it('may begin as errors do where it says why it ended', () => {
    const events = eventsFromCrowdllama(responding({ ...ANSWER, response: 'Error: is the name of a class.' }), someRequest())
    expect(events[0]).toMatchObject({ text: 'Error: is the name of a class.' })
  })

  it.each([
    ['CrowdLlama failed', decoded(failure.hex), 'engine', 'x'],
    ['no model is named', responding({ ...ANSWER, model: '' }), 'engine', 'The sky is blue.'],
    ['nothing is named', responding({ done: true }), 'engine', 'neither a model nor an error'],
    ['an error comes without a reason to end', responding({ ...ANSWER, response: 'Error: x', doneReason: '' }), 'engine', 'x'],
    ['the text is empty', responding({ ...ANSWER, response: '' }), 'engine', 'empty'],
    ['ours is full', failureToCrowdllama('full', 'w', { overloaded: true }), 'overloaded', 'full']
  ])('is a failure of the worker where %s', (_, message, reason, text) => {
    expect(() => eventsFromCrowdllama(message, someRequest())).toThrow(
      expect.objectContaining({ name: 'EngineError', reason, message: expect.stringContaining(text) as string })
    )
  })

  it.each([
    ['is not done', responding({ ...ANSWER, done: false })],
    ['is a request', decoded(request.hex)],
    ['is empty', create(BaseMessageSchema)]
  ])('is against the protocol where it %s', (_, message) => {
    expect(() => eventsFromCrowdllama(message, someRequest())).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  })
})

describe('an estimate of tokens', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['The sky is blue.', 4],
    ['небо голубое', 5],
    ['天空是蓝色的', 4]
  ])('of %j is %i', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens)
  })

  it('grows with the text, and is never more than its characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(estimateTokens(a + b)).toBeGreaterThanOrEqual(estimateTokens(a))
        expect(estimateTokens(a)).toBeLessThanOrEqual(a.length)
      })
    )
  })
})
