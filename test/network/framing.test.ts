import { create } from '@bufbuild/protobuf'
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import type { Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { deadline } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { framedStream } from '../../src/network/framing.ts'
import { TokensSchema } from '../../src/network/generated/peerbandit_pb.ts'
import type { NetworkNode } from '../../src/network/node.ts'
import { misbehave, rejection, signalOf, startPair } from './support.ts'

const PROTOCOL = '/test/frames/1.0.0'
const LIMITS = { maxMessageBytes: 100, maxStreamBytes: 1_000, writeTimeoutMs: 200 }

const tokens = (text: string) => create(TokensSchema, { text, count: 1 })
const encoded = (text: string) => sizeDelimitedEncode(TokensSchema, tokens(text))

async function open(client: NetworkNode, server: NetworkNode): Promise<Stream> {
  return client.libp2p.dialProtocol(peerIdFromString(server.id), PROTOCOL)
}

/** Reads one message with a deadline of 300 ms from a peer that answers as told. */
async function readFrom(answer: (stream: Stream) => void | Promise<void>) {
  const [client, server] = await startPair()
  await misbehave(server, PROTOCOL, answer)
  const stream = await open(client, server)
  const frames = framedStream(stream, LIMITS, systemClock)
  const limit = deadline(systemClock, 300, 'reading')
  const result = frames.read(TokensSchema, limit).finally(() => {
    limit[Symbol.dispose]()
  })
  return { stream, frames, result }
}

describe('framedStream', () => {
  it('reads what the other side wrote and closed at once, fifty times', async () => {
    const [client, server] = await startPair()
    await misbehave(server, PROTOCOL, async (stream) => {
      stream.send(encoded('first'))
      stream.send(encoded('second'))
      await stream.close()
    })
    for (let i = 0; i < 50; i++) {
      const frames = framedStream(await open(client, server), LIMITS, systemClock)
      const limit = deadline(systemClock, 2_000, `round ${i}`)
      const texts = [await frames.read(TokensSchema, limit), await frames.read(TokensSchema, limit)].map(
        (message) => message?.text
      )
      expect(texts, `round ${i}`).toEqual(['first', 'second'])
      expect(await frames.read(TokensSchema, limit), `end of round ${i}`).toBeUndefined()
      limit[Symbol.dispose]()
      await frames.finish()
    }
  })

  it('reads a message that arrives byte by byte', async () => {
    const { result } = await readFrom((stream) => {
      for (const byte of encoded('slow')) stream.send(Uint8Array.of(byte))
    })
    expect((await result)?.text).toBe('slow')
  })

  it('reads an empty message', async () => {
    const { result } = await readFrom((stream) => {
      stream.send(Uint8Array.of(0))
    })
    expect(await result).toMatchObject({ text: '', count: 0 })
  })

  it.each<[string, (stream: Stream) => void | Promise<void>, RegExp]>([
    ['a length above the limit', (stream) => void stream.send(Uint8Array.of(101)), /at most 100 bytes, got a length of 101/],
    [
      'a length that never ends',
      (stream) => void stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80)),
      /at most 5 bytes/
    ],
    ['a length of 4 GiB', (stream) => void stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)), /at most 100 bytes/],
    ['garbage', (stream) => void stream.send(Uint8Array.of(4, 0xff, 0xff, 0xff, 0xff)), /must be a peerbandit\.Tokens/],
    [
      'a message that is cut short',
      async (stream) => {
        stream.send(encoded('cut').subarray(0, 4))
        await stream.close()
      },
      /ended within a message/
    ]
  ])('refuses %s and aborts the stream', async (_, answer, text) => {
    const { stream, result } = await readFrom(answer)
    const error = await rejection(result)
    expect(error).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringMatching(text) as string })
    expect(stream.status).toBe('aborted')
  })

  it('refuses more bytes than the stream may carry', async () => {
    const { frames, result } = await readFrom((stream) => {
      for (let i = 0; i < 40; i++) stream.send(encoded('x'.repeat(30)))
    })
    const readAll = async () => {
      let message = await result
      while (message !== undefined) message = await frames.read(TokensSchema, {})
    }
    expect(await rejection(readAll())).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('counts the bytes of messages that were read', async () => {
    const [client, server] = await startPair()
    await misbehave(server, PROTOCOL, (stream) => {
      stream.addEventListener('message', () => stream.send(encoded('x'.repeat(90))))
    })
    const frames = framedStream(await open(client, server), LIMITS, systemClock)
    let messages = 0
    const askAgain = async () => {
      for (; messages < 100; messages++) {
        await frames.write(TokensSchema, tokens('more'), {})
        await frames.read(TokensSchema, {})
      }
    }
    expect(await rejection(askAgain())).toMatchObject({
      code: 'ERR_PROTOCOL',
      message: expect.stringContaining('1000 bytes') as string
    })
    expect(messages).toBe(Math.floor(LIMITS.maxStreamBytes / encoded('x'.repeat(90)).length))
  })

  it('says that the stream ended when the other side closes without a word', async () => {
    const { result } = await readFrom((stream) => stream.close())
    expect(await result).toBeUndefined()
  })

  it('gives up at the deadline when the other side says nothing', async () => {
    const { stream, result } = await readFrom(() => undefined)
    expect(await rejection(result)).toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(stream.status).toBe('aborted')
  })

  it.each([
    ['', ''],
    [' within a message', 'cut']
  ])('calls a stream that was reset%s disconnected', async (_, text) => {
    const [client, server] = await startPair()
    await misbehave(server, PROTOCOL, (stream) => {
      stream.addEventListener('message', () => {
        stream.send(encoded(text).subarray(0, text.length))
        stream.abort(new Error('enough'))
      })
    })
    const frames = framedStream(await open(client, server), LIMITS, systemClock)
    await frames.write(TokensSchema, tokens('hello'), {})
    expect(await rejection(frames.read(TokensSchema, {}))).toMatchObject({ name: 'TransportError', reason: 'disconnected' })
  })

  it('throws the reason of a signal that was aborted before', async () => {
    const [client, server] = await startPair()
    await misbehave(server, PROTOCOL, () => undefined)
    const frames = framedStream(await open(client, server), LIMITS, systemClock)
    const reason = new Error('not now')
    expect(await rejection(frames.read(TokensSchema, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  it('gives up writing to a peer that does not read', async () => {
    const [client, server] = await startPair()
    const paused = signalOf()
    await misbehave(server, PROTOCOL, (stream) => {
      stream.pause()
      stream.addEventListener('message', () => undefined)
      paused.tell()
    })
    const frames = framedStream(await open(client, server), LIMITS, systemClock)
    await paused.seen
    const message = tokens('x'.repeat(100_000))
    const writeAll = async () => {
      for (let i = 0; i < 1_000; i++) await frames.write(TokensSchema, message, {})
    }
    expect(await rejection(writeAll())).toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('does not write to a stream that is gone', async () => {
    const { stream, frames, result } = await readFrom(() => undefined)
    stream.abort(new Error('enough'))
    await rejection(result)
    expect(await rejection(frames.write(TokensSchema, tokens('late'), {}))).toMatchObject({ reason: 'disconnected' })
  })
})
