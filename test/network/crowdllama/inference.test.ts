import { create, toBinary } from '@bufbuild/protobuf'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { deadline } from '../../../src/core/abort.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { CROWDLLAMA_INFERENCE } from '../../../src/network/crowdllama/protocols.ts'
import { requestMetadata } from '../../../src/network/crowdllama/metadata-protocol.ts'
import { serveCrowdllama, type ServeCrowdllamaOptions } from '../../../src/network/crowdllama/serve-crowdllama.ts'
import { crowdllamaTransport } from '../../../src/network/crowdllama/transport.ts'
import { framedStream } from '../../../src/network/framing.ts'
import { type BaseMessage, BaseMessageSchema } from '../../../src/network/generated/crowdllama/llama_pb.ts'
import { UINT32_LENGTH } from '../../../src/network/length-prefix.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { EngineError, type Engine, type InferenceRequest } from '../../../src/router/transport.ts'
import { CROWDLLAMA_FRAMES } from '../../fixtures/crowdllama-frames.ts'
import { collect, emptyLoad, misbehave, rejection, signalOf, someClaims, someRequest, startPair, stopLater } from '../support.ts'
import { sayingEngine } from './support.ts'

const { request, response } = CROWDLLAMA_FRAMES
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

/** Answers when it was asked. */
const answering = (hex: string, close: boolean) => (stream: Stream) => {
  stream.addEventListener(
    'message',
    () => {
      stream.send(bytes(hex))
      if (close) void stream.close()
    },
    { once: true }
  )
}

/** A job at a node that answers as told, with so much time. */
async function ask(answer: (stream: Stream) => void | Promise<void>, timeoutMs = 500) {
  const [client, server] = await startPair()
  await misbehave(server, CROWDLLAMA_INFERENCE, answer)
  const limit = deadline(systemClock, timeoutMs, 'the job')
  return collect(crowdllamaTransport(client).infer(server.id, someRequest({ model: 'tinyllama' }), limit)).finally(() => {
    limit[Symbol.dispose]()
  })
}

describe('a job at a worker of CrowdLlama', () => {
  it('is one frame there and one back', async () => {
    const asked = signalOf<Uint8Array>()
    const events = await ask((stream) => {
      stream.addEventListener('message', ({ data }) => {
        asked.tell(data.subarray())
        stream.send(bytes(response.hex))
        void stream.close()
      })
    })
    expect(Buffer.from(await asked.seen).toString('hex')).toBe(request.hex)
    expect(events).toEqual([
      { kind: 'tokens', text: 'yes', count: 1 },
      { kind: 'done', promptTokens: 4, outputTokens: 1 }
    ])
  })

  it('is over when the answer is there, though the worker does not close', async () => {
    expect(await ask(answering(response.hex, false))).toHaveLength(2)
  })

  it.each<[string, (stream: Stream) => void | Promise<void>, object]>([
    ['is no worker and just closes', (stream) => stream.close(), { reason: 'disconnected' }],
    [
      'says that it failed',
      answering(CROWDLLAMA_FRAMES.failure.hex, true),
      { name: 'EngineError', reason: 'engine', message: 'x' }
    ],
    ['never answers', () => undefined, { code: 'ERR_TIMEOUT' }],
    ['says half of a length and waits', answering('0000', false), { code: 'ERR_TIMEOUT' }],
    ['says half of a length and closes', answering('0000', true), { code: 'ERR_PROTOCOL' }],
    ['announces more than it sends and waits', answering('000000ff0a', false), { code: 'ERR_TIMEOUT' }],
    ['announces more than it sends and closes', answering('000000ff0a', true), { code: 'ERR_PROTOCOL' }],
    ['announces four gigabytes', answering('ffffffff0a', false), { code: 'ERR_PROTOCOL' }],
    ['announces a byte above the limit', answering('00a00001', false), { code: 'ERR_PROTOCOL' }],
    ['announces less than it sends', answering(`00000002${response.hex.slice(8)}`, true), { code: 'ERR_PROTOCOL' }],
    ['sends garbage', answering('00000008ffffffffffffffff', true), { code: 'ERR_PROTOCOL' }],
    ['sends an empty message', answering('00000000', true), { code: 'ERR_PROTOCOL' }],
    ['sends the request back', answering(request.hex, true), { code: 'ERR_PROTOCOL' }],
    [
      'resets in the middle',
      (stream) => {
        stream.addEventListener('message', () => {
          stream.send(bytes('000000ff0a'))
          stream.abort(new Error('enough'))
        })
      },
      { reason: 'disconnected' }
    ]
  ])('fails where the node %s', async (_, answer, error) => {
    expect(await rejection(ask(answer))).toMatchObject(error)
  })

  it('fails at a node that cannot be reached, or does not speak the protocol', async () => {
    const [client, server] = await startPair()
    const transport = crowdllamaTransport(client, { connectTimeoutMs: 500 })
    const stranger = '12D3KooWLLUBEZhkEq6NtTLD99RRpEYdcbe8uzx3L56UgF5VK4bw'
    for (const peer of [server.id, stranger]) {
      expect(await rejection(collect(transport.infer(peer, someRequest(), {})))).toMatchObject({ reason: 'unreachable' })
    }
  })

  it('has a limit of its own where it is given none', async () => {
    const [client, server] = await startPair()
    await misbehave(server, CROWDLLAMA_INFERENCE, () => undefined)
    const transport = crowdllamaTransport(client, { replyTimeoutMs: 200 })
    expect(await rejection(collect(transport.infer(server.id, someRequest(), {})))).toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it.each([
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['writeTimeoutMs', { writeTimeoutMs: NaN }],
    ['replyTimeoutMs', { replyTimeoutMs: -1 }],
    ['maxReplyBytes', { maxReplyBytes: 10 * 1024 * 1024 + 1 }]
  ])('refuses a bad %s', async (name, options) => {
    const [client] = await startPair()
    expect(() => crowdllamaTransport(client, options)).toThrow(name)
  })
})

async function startServing(engine: Engine, options: ServeCrowdllamaOptions = {}) {
  const [client, server] = await startPair()
  stopLater(await serveCrowdllama(server, engine, someClaims({ models: ['tiny'], tokensPerSecond: 0 }), options))
  return { client, server, transport: crowdllamaTransport(client) }
}

/** What a consumer of CrowdLlama would get for these bytes, and undefined where the worker closes. */
async function exchange(client: NetworkNode, server: NetworkNode, sent: Uint8Array): Promise<BaseMessage | undefined> {
  const stream = await client.libp2p.dialProtocol(peerIdFromString(server.id), CROWDLLAMA_INFERENCE)
  const limits = { maxMessageBytes: 1e6, maxStreamBytes: 1e6, writeTimeoutMs: 1_000, prefix: UINT32_LENGTH }
  const frames = framedStream(stream, limits, systemClock)
  stream.send(sent)
  const limit = deadline(systemClock, 3_000, 'the answer')
  return frames.read(BaseMessageSchema, limit).finally(() => {
    limit[Symbol.dispose]()
    void frames.finish()
  })
}

const requesting = (model: string, stream = false) =>
  UINT32_LENGTH.encode(
    toBinary(
      BaseMessageSchema,
      create(BaseMessageSchema, { message: { case: 'generateRequest', value: { model, prompt: 'hi', stream } } })
    )
  )

/** Works until it is told to stop, and tells that. */
function patientEngine() {
  const began = signalOf()
  const ended = signalOf<unknown>()
  const engine: Engine = {
    load: () => emptyLoad({ tokensPerSecond: 7 }),
    // eslint-disable-next-line require-yield
    async *infer(_, { signal }) {
      began.tell()
      await new Promise((resolve) => {
        signal?.addEventListener('abort', resolve)
      })
      ended.tell(signal?.reason)
      throw signal?.reason
    }
  }
  return { engine, began: began.seen, ended: ended.seen }
}

describe('a worker for CrowdLlama', () => {
  it.each([false, true])('fills in all that there is to say, a stream being asked for: %s', async (stream) => {
    const { client, server } = await startServing(sayingEngine('yes it is'))
    const message = (await exchange(client, server, requesting('tiny', stream)))?.message
    expect(message).toMatchObject({
      case: 'generateResponse',
      value: {
        model: 'tiny',
        response: 'yes it is',
        done: true,
        doneReason: 'stop',
        promptEvalCount: 5,
        evalCount: 3,
        workerId: server.id
      }
    })
    const value = message?.case === 'generateResponse' ? message.value : undefined
    const parts = [value?.loadDuration, value?.promptEvalDuration, value?.evalDuration].map(Number)
    expect(Number(value?.totalDuration)).toBeCloseTo(
      parts.reduce((sum, part) => sum + part, 0),
      -2
    )
    expect(Number(value?.createdAt?.seconds)).toBeCloseTo(systemClock.wall() / 1000, -1)
  })

  it('says when an answer ended for its length', async () => {
    const { client, server } = await startServing(sayingEngine('yes it is'), { maxTokens: 3 })
    expect((await exchange(client, server, requesting('tiny')))?.message.value).toMatchObject({ doneReason: 'length' })
  })

  it.each([
    ['a model that it does not have', requesting('huge'), /^Error: model "huge" is not served here$/],
    ['a request without a model', requesting(''), /^Error: a request must name a model/],
    ['a response', bytes(response.hex), /^Error: a request must hold a GenerateRequest/]
  ])('answers %s as CrowdLlama does', async (_, sent, text) => {
    const { client, server } = await startServing(sayingEngine('yes'))
    expect((await exchange(client, server, sent))?.message.value).toMatchObject({
      model: '',
      response: expect.stringMatching(text) as string,
      done: true
    })
  })

  it.each([
    ['garbage', '00000008ffffffffffffffff'],
    ['more than it takes', '00200001ff']
  ])('hangs up on %s', async (_, sent) => {
    const { client, server } = await startServing(sayingEngine('yes'))
    expect(await rejection(exchange(client, server, bytes(sent)))).toMatchObject({ reason: 'disconnected' })
  })

  it('hangs up on who does not ask', async () => {
    const { client, server } = await startServing(sayingEngine('yes'), { requestTimeoutMs: 200 })
    expect(await rejection(exchange(client, server, bytes('0000')))).toMatchObject({ reason: 'disconnected' })
  })

  it('says why its engine failed', async () => {
    const failing: Engine = {
      load: emptyLoad,
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await
      async *infer() {
        throw new EngineError('engine', 'out of memory')
      }
    }
    const { server, transport } = await startServing(failing)
    expect(await rejection(collect(transport.infer(server.id, someRequest(), {})))).toMatchObject({
      name: 'EngineError',
      reason: 'engine',
      message: 'out of memory'
    })
  })

  it('refuses a requester more jobs than its share, as overloaded', async () => {
    const { engine, began } = patientEngine()
    const { server, transport } = await startServing(engine, { maxJobsPerPeer: 1 })
    const first = new AbortController()
    const running = rejection(collect(transport.infer(server.id, someRequest(), first)))
    await began
    expect(await rejection(collect(transport.infer(server.id, someRequest(), {})))).toMatchObject({ reason: 'overloaded' })
    first.abort(new Error('enough'))
    expect(await running).toMatchObject({ message: 'enough' })
  })

  it('stops a job whose requester leaves', async () => {
    const { engine, began, ended } = patientEngine()
    const { server, transport } = await startServing(engine)
    const leaving = new AbortController()
    const job = rejection(collect(transport.infer(server.id, someRequest(), leaving)))
    await began
    leaving.abort(new Error('gone'))
    expect(await ended).toMatchObject({ reason: 'disconnected' })
    await job
  })

  it('tells the speed that its engine measures', async () => {
    const { client, server } = await startServing(patientEngine().engine)
    expect(await requestMetadata(client, server.id)).toMatchObject({ tokensPerSecond: 7, loadRatio: 0, models: ['tiny'] })
  })

  it('asks its engine for one short answer where nothing else tells its speed', async () => {
    const asked: InferenceRequest[] = []
    const unmeasured: Engine = {
      load: () => emptyLoad({ tokensPerSecond: 0 }),
      infer(request, options) {
        asked.push(request)
        return sayingEngine('one two three').infer(request, options)
      }
    }
    const { client, server } = await startServing(unmeasured)
    let speed = 0
    while (speed === 0) speed = (await requestMetadata(client, server.id)).tokensPerSecond
    expect(asked).toMatchObject([{ model: 'tiny', maxTokens: 32 }])
  })

  it.each([
    ['maxJobsPerPeer', { maxJobsPerPeer: 0 }],
    ['maxRequestBytes', { maxRequestBytes: 0 }],
    ['maxTokens', { maxTokens: 0.5 }],
    ['requestTimeoutMs', { requestTimeoutMs: 0 }],
    ['writeTimeoutMs', { writeTimeoutMs: NaN }],
    ['advertiseIntervalMs', { advertiseIntervalMs: 0 }]
  ])('refuses a bad %s', async (name, options) => {
    const [, server] = await startPair()
    expect(await rejection(serveCrowdllama(server, sayingEngine('yes'), someClaims(), options))).toMatchObject({
      message: expect.stringContaining(name) as string
    })
  })
})
