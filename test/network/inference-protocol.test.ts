import type { Stream } from '@libp2p/interface'
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { deadline } from '../../src/core/abort.ts'
import { manualClock, systemClock } from '../../src/core/clock.ts'
import { INFERENCE_PROTOCOL, libp2pTransport, serveEngine } from '../../src/network/inference-protocol.ts'
import type { ServeEngineOptions, TransportOptions } from '../../src/network/inference-protocol.ts'
import { InferenceFrameSchema } from '../../src/network/generated/peerbandit_pb.ts'
import { eventToWire } from '../../src/network/wire.ts'
import { failureReasonOf } from '../../src/router/failure.ts'
import { EngineError } from '../../src/router/transport.ts'
import type { Engine, InferenceEvent } from '../../src/router/transport.ts'
import { collect, emptyLoad, misbehave, rejection, signalOf, someRequest, startNode, startPair, wordEngine } from './support.ts'

const encoded = (event: InferenceEvent) => sizeDelimitedEncode(InferenceFrameSchema, eventToWire(event))
const TOKEN: InferenceEvent = { kind: 'tokens', text: 'word ', count: 1 }
/** As it comes over the wire when it is the first: with the load of the engines here. */
const FIRST_TOKEN: InferenceEvent = { ...TOKEN, load: emptyLoad() }

/** A client's transport, and the peer that serves the engine. */
async function startServed(engine: Engine, serve: ServeEngineOptions = {}, options: TransportOptions = {}) {
  const [client, server] = await startPair()
  const serving = await serveEngine(server, engine, serve)
  return { client, server, serving, transport: libp2pTransport(client, options), peer: server.id }
}

/** A client's transport to a peer that answers every job as told. */
async function startBad(answer: (stream: Stream) => void | Promise<void>, options: TransportOptions = {}) {
  const [client, server] = await startPair()
  await misbehave(server, INFERENCE_PROTOCOL, answer)
  return { client, transport: libp2pTransport(client, options), peer: server.id }
}

/** Yields one token, then waits until it is told to stop. */
function stuckEngine() {
  const stopped = signalOf<unknown>()
  const began = signalOf()
  const engine: Engine = {
    load: emptyLoad,
    async *infer(_, { signal }) {
      yield TOKEN
      began.tell()
      await new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => {
          stopped.tell(signal.reason)
          resolve()
        })
      })
      throw signal?.reason
    }
  }
  return { engine, began: began.seen, stopped: stopped.seen }
}

describe('inference over libp2p', () => {
  it('streams what the engine yields', async () => {
    const { transport, peer } = await startServed(wordEngine(), { clock: manualClock() })
    expect(await collect(transport.infer(peer, someRequest(), {}))).toEqual([
      FIRST_TOKEN,
      TOKEN,
      TOKEN,
      { kind: 'done', promptTokens: 4, outputTokens: 3, load: emptyLoad({ running: 1 }) }
    ])
  })

  it('hands the engine the request as it was made', async () => {
    const request = someRequest({ prompt: 'naïve 🚀 '.repeat(1_000), promptTokens: 77, maxTokens: 1 })
    const seen = signalOf<unknown>()
    const words = wordEngine()
    const { transport, peer } = await startServed({
      load: emptyLoad,
      infer: (asked, options) => {
        seen.tell(asked)
        return words.infer(asked, options)
      }
    })
    await collect(transport.infer(peer, request, {}))
    expect(await seen.seen).toEqual(request)
  })

  it('carries the processor load only when there is one', async () => {
    for (const load of [emptyLoad(), emptyLoad({ cpuRatio: 0.25 })]) {
      const { transport, peer } = await startServed({
        load: () => load,
        // eslint-disable-next-line @typescript-eslint/require-await
        async *infer() {
          yield { kind: 'done', promptTokens: 0, outputTokens: 0, load }
        }
      })
      const [done] = await collect(transport.infer(peer, someRequest(), {}))
      expect(done, `cpuRatio ${load.cpuRatio}`).toStrictEqual({ kind: 'done', promptTokens: 0, outputTokens: 0, load })
    }
  })

  it('hands tokens over while the engine is still at work', async () => {
    const { engine } = stuckEngine()
    const { transport, peer } = await startServed(engine)
    for await (const event of transport.infer(peer, someRequest(), {})) {
      expect(event).toEqual(FIRST_TOKEN)
      break
    }
  })

  it('serves forty jobs of one requester side by side', async () => {
    const { transport, peer } = await startServed(wordEngine())
    const jobs = Array.from({ length: 40 }, (_, i) => collect(transport.infer(peer, someRequest({ maxTokens: i + 1 }), {})))
    for (const [i, events] of (await Promise.all(jobs)).entries()) expect(events.length, `job ${i}`).toBe(i + 2)
  })

  it.each<[string, unknown, string, RegExp]>([
    ['a refusal', new EngineError('overloaded', 'queue full'), 'overloaded', /^queue full$/],
    ['a failure', new EngineError('engine', 'no such model'), 'engine', /^no such model$/],
    ['a crash', new TypeError('oops'), 'engine', /^oops$/]
  ])('passes on %s of the engine', async (_, thrown, reason, text) => {
    const { transport, peer } = await startServed({
      load: emptyLoad,
      // eslint-disable-next-line @typescript-eslint/require-await
      async *infer() {
        yield TOKEN
        throw thrown
      }
    })
    const error = await rejection(collect(transport.infer(peer, someRequest(), {})))
    expect(error).toBeInstanceOf(EngineError)
    expect(error).toMatchObject({ reason, message: expect.stringMatching(text) as string })
    expect(failureReasonOf(error)).toBe(reason)
  })

  /** Yields a token, then one more after each of the waits; tells how often its load was asked for. */
  function timedEngine(waitsMs: readonly number[]) {
    const clock = manualClock()
    let asked = 0
    const engine: Engine = {
      load: () => emptyLoad({ running: ++asked }),
      // eslint-disable-next-line @typescript-eslint/require-await
      async *infer() {
        yield TOKEN
        for (const ms of waitsMs) {
          clock.advance(ms)
          yield TOKEN
        }
        yield { kind: 'done', promptTokens: 0, outputTokens: waitsMs.length + 1 }
      }
    }
    return { clock, engine, asked: () => asked }
  }

  const loads = (events: readonly InferenceEvent[]) => events.map(({ load }) => load?.running)

  it('tells the load with the first tokens, and with later ones twice a second at most', async () => {
    const { clock, engine, asked } = timedEngine([499, 1, 200, 299, 1, 5_000, 0])
    const { transport, peer } = await startServed(engine, { clock })
    const events = await collect(transport.infer(peer, someRequest(), {}))
    expect(loads(events)).toEqual([1, undefined, 2, undefined, undefined, 3, 4, undefined, undefined])
    expect(asked(), 'no more often than it tells').toBe(4)
  })

  it('tells the load to each job by itself', async () => {
    const { clock, engine } = timedEngine([0])
    const { transport, peer } = await startServed(engine, { clock })
    for (const told of [1, 2]) {
      expect(loads(await collect(transport.infer(peer, someRequest(), {})))).toEqual([told, undefined, undefined])
    }
  })

  it('leaves the load alone that an engine tells with its tokens', async () => {
    const own = emptyLoad({ running: 7 })
    const { transport, peer } = await startServed({
      load: emptyLoad,
      // eslint-disable-next-line @typescript-eslint/require-await
      async *infer() {
        yield { ...TOKEN, load: own }
        yield { kind: 'done', promptTokens: 0, outputTokens: 1 }
      }
    })
    expect((await collect(transport.infer(peer, someRequest(), {})))[0]).toEqual({ ...TOKEN, load: own })
  })

  it('refuses more jobs of one requester than allowed, and forgets those that ended', async () => {
    const { engine, began } = stuckEngine()
    const { transport, peer, server } = await startServed(engine, { maxJobsPerPeer: 1 })
    const controller = new AbortController()
    const first = rejection(collect(transport.infer(peer, someRequest(), { signal: controller.signal })))
    await began
    expect(await rejection(collect(transport.infer(peer, someRequest(), {})))).toMatchObject({ reason: 'overloaded' })
    const other = libp2pTransport(await startNode({ listen: [], bootstrap: server.addresses() }))
    const events = other.infer(peer, someRequest(), {})[Symbol.asyncIterator]()
    expect((await events.next()).value, 'another requester').toEqual(FIRST_TOKEN)
    await events.return?.()
    controller.abort(new Error('enough'))
    await first
    const again = transport.infer(peer, someRequest(), {})[Symbol.asyncIterator]()
    expect((await again.next()).value, 'after the first job').toEqual(FIRST_TOKEN)
    await again.return?.()
  })
})

describe('a job that is given up', () => {
  it('stops the engine when the signal aborts, and throws its reason', async () => {
    const { engine, began, stopped } = stuckEngine()
    const { transport, peer } = await startServed(engine)
    const controller = new AbortController()
    const job = rejection(collect(transport.infer(peer, someRequest(), { signal: controller.signal })))
    await began
    const reason = new Error('changed my mind')
    controller.abort(reason)
    expect(await job).toBe(reason)
    expect(failureReasonOf(await stopped)).toBe('disconnected')
  })

  it('stops the engine when the iteration is left', async () => {
    const { engine, stopped } = stuckEngine()
    const { transport, peer } = await startServed(engine)
    const events = transport.infer(peer, someRequest(), {})[Symbol.asyncIterator]()
    await events.next()
    await events.return?.()
    expect(await stopped).toMatchObject({ reason: 'disconnected' })
  })

  it('stops the engine when the requester vanishes', async () => {
    const { engine, began, stopped } = stuckEngine()
    const { client, transport, peer } = await startServed(engine)
    const job = rejection(collect(transport.infer(peer, someRequest(), {})))
    await began
    await client.stop()
    expect(await stopped).toMatchObject({ reason: 'disconnected' })
    expect(failureReasonOf(await job)).toBe('disconnected')
  })

  it('is disconnected when the peer vanishes', async () => {
    const { engine, began } = stuckEngine()
    const { server, transport, peer } = await startServed(engine)
    const job = rejection(collect(transport.infer(peer, someRequest(), {})))
    await began
    await server.stop()
    expect(failureReasonOf(await job)).toBe('disconnected')
  })

  it('is told that the peer shuts down', async () => {
    const { engine, began } = stuckEngine()
    const { serving, transport, peer } = await startServed(engine)
    const job = rejection(collect(transport.infer(peer, someRequest(), {})))
    await began
    await serving.stop()
    expect(failureReasonOf(await job)).toBe('engine')
    expect(failureReasonOf(await rejection(collect(transport.infer(peer, someRequest(), {}))))).toBe('unreachable')
  })

  it('times out by its deadline', async () => {
    const { engine, stopped } = stuckEngine()
    const { transport, peer } = await startServed(engine)
    const limit = deadline(systemClock, 100, 'job-1')
    expect(failureReasonOf(await rejection(collect(transport.infer(peer, someRequest(), limit))))).toBe('timeout')
    expect(await stopped).toMatchObject({ reason: 'disconnected' })
  })

  it('leaves the engine alone that has just said it is done', async () => {
    const ended = signalOf<boolean>()
    const words = wordEngine()
    const { transport, peer } = await startServed({
      load: emptyLoad,
      async *infer(request, { signal }) {
        yield* words.infer(request, { signal })
        ended.tell(signal?.aborted === true)
      }
    })
    await collect(transport.infer(peer, someRequest(), {}))
    expect(await ended.seen).toBe(false)
  })
})

describe('a peer that breaks the protocol', () => {
  it.each<[string, (stream: Stream) => void | Promise<void>, string]>([
    ['closes at once', (stream) => stream.close(), 'disconnected'],
    ['says nothing', () => undefined, 'timeout'],
    ['sends garbage', (stream) => void stream.send(Uint8Array.of(3, 0xff, 0xff, 0xff)), 'protocol'],
    ['sends an empty frame', (stream) => void stream.send(Uint8Array.of(0)), 'protocol'],
    ['announces a frame of 1 GiB', (stream) => void stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04)), 'protocol'],
    [
      'tells a load without slots',
      (stream) => void stream.send(encoded({ ...TOKEN, load: emptyLoad({ slots: 0 }) })),
      'protocol'
    ],
    ['sends tokens that are none', (stream) => void stream.send(encoded({ ...TOKEN, count: 0 })), 'protocol'],
    [
      'reports a load without slots',
      (stream) => void stream.send(encoded({ kind: 'done', promptTokens: 0, outputTokens: 0, load: emptyLoad({ slots: 0 }) })),
      'protocol'
    ],
    [
      'reports a rate that is no number',
      (stream) =>
        void stream.send(encoded({ kind: 'done', promptTokens: 0, outputTokens: 0, load: emptyLoad({ tokensPerSecond: NaN }) })),
      'protocol'
    ],
    [
      'closes after a token',
      async (stream) => {
        stream.send(encoded(TOKEN))
        await stream.close()
      },
      'disconnected'
    ],
    [
      'closes within a frame',
      async (stream) => {
        stream.send(encoded(TOKEN).subarray(0, 3))
        await stream.close()
      },
      'protocol'
    ],
    [
      'never stops',
      (stream) => {
        const chunk = encoded({ ...TOKEN, text: 'x'.repeat(1_000) })
        for (let i = 0; i < 50; i++) stream.send(chunk)
      },
      'protocol'
    ]
  ])('and %s fails the job', async (_, answer, reason) => {
    const { transport, peer } = await startBad(answer, { maxReplyBytes: 20_000 })
    const limit = deadline(systemClock, 500, 'job-1')
    const error = await rejection(collect(transport.infer(peer, someRequest(), limit)))
    limit[Symbol.dispose]()
    expect(failureReasonOf(error)).toBe(reason)
  })

  it('and never closes its side does not keep the stream', async () => {
    const { transport, peer, client } = await startBad((stream) => {
      stream.send(encoded({ kind: 'done', promptTokens: 0, outputTokens: 0 }))
    })
    expect(await collect(transport.infer(peer, someRequest(), {}))).toHaveLength(1)
    const open = client.libp2p.getConnections().flatMap(({ streams }) => streams)
    expect(open.filter(({ protocol }) => protocol === INFERENCE_PROTOCOL)).toHaveLength(0)
  })
})

describe('a peer that cannot be reached', () => {
  it('is unreachable without the protocol', async () => {
    const [client, server] = await startPair()
    const error = await rejection(collect(libp2pTransport(client).infer(server.id, someRequest(), {})))
    expect(failureReasonOf(error)).toBe('unreachable')
  })

  it('is unreachable without an address', async () => {
    const [client, stranger] = [await startNode(), await startNode()]
    const error = await rejection(
      collect(libp2pTransport(client, { connectTimeoutMs: 500 }).infer(stranger.id, someRequest(), {}))
    )
    expect(failureReasonOf(error)).toBe('unreachable')
  })

  it('is unreachable under a name that is no peer id', async () => {
    const error = await rejection(collect(libp2pTransport(await startNode()).infer('http-backend', someRequest(), {})))
    expect(failureReasonOf(error)).toBe('unreachable')
  })
})

describe('a requester that breaks the protocol', () => {
  it.each<[string, (stream: Stream) => void | Promise<void>]>([
    ['says nothing', () => undefined],
    ['closes at once', (stream) => stream.close()],
    ['sends garbage', (stream) => void stream.send(Uint8Array.of(3, 0xff, 0xff, 0xff))],
    ['sends a request that is too long', (stream) => void stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f))],
    ['asks for no tokens', (stream) => void stream.send(Uint8Array.of(6, 0x12, 4, 0x74, 0x69, 0x6e, 0x79))]
  ])('and %s does not reach the engine, nor stop it serving others', async (_, ask) => {
    const asked: string[] = []
    const words = wordEngine()
    const engine: Engine = {
      load: emptyLoad,
      infer: (request, options) => {
        asked.push(request.jobId)
        return words.infer(request, options)
      }
    }
    const { client, server, transport, peer } = await startServed(engine, { requestTimeoutMs: 100 })
    const stream = await client.libp2p.dialProtocol(server.libp2p.peerId, INFERENCE_PROTOCOL)
    const closed = new Promise((resolve) => {
      stream.addEventListener('close', resolve)
      stream.addEventListener('remoteCloseWrite', resolve)
    })
    await ask(stream)
    await closed
    await collect(transport.infer(peer, someRequest({ jobId: 'honest' }), {}))
    expect(asked).toEqual(['honest'])
  })
})
