import { describe, expect, it } from 'vitest'
import { backendEngine, backendTransport } from '../../src/backends/backend-transport.ts'
import type { JsonObject } from '../../src/job/api-call.ts'
import { libp2pTransport, serveEngine } from '../../src/network/inference-protocol.ts'
import { startPair } from '../network/support.ts'
import { answerOf, CHAT, startBackend, stopLater, someRequest } from './support.ts'

describe('backendTransport', () => {
  it('carries a job to the backend of that name', async () => {
    const { backend: first } = await startBackend({ kind: 'vllm', script: { words: ['one'] } }, { name: 'first' })
    const { backend: second } = await startBackend({ kind: 'ollama', script: { words: ['two'] } }, { name: 'second' })
    const transport = backendTransport([first, second])
    expect((await answerOf(transport.infer('first', CHAT, {}))).text).toBe('one')
    expect((await answerOf(transport.infer('second', someRequest(), {}))).text).toBe('two')
  })

  it('does not know others', async () => {
    const { error } = await answerOf(backendTransport([]).infer('nobody', CHAT, {}))
    expect(error).toMatchObject({ name: 'TransportError', reason: 'unreachable' })
  })
})

describe('backendEngine', () => {
  it('runs jobs and tells the load that the last poll found', async () => {
    const { backend } = await startBackend({ kind: 'vllm', load: { running: 5, queued: 0, slots: 1 } }, { slots: 16 })
    const engine = backendEngine(backend)
    expect(engine.load()).toEqual({ slots: 16, running: 0, queued: 0, tokensPerSecond: 0 })
    await backend.poll()
    expect(engine.load()).toEqual({ slots: 16, running: 5, queued: 0, tokensPerSecond: 0 })
    expect((await answerOf(engine.infer(CHAT, {}))).done?.load).toMatchObject({ running: 5 })
  })

  it('is put on the network by a worker, chunks and all', async () => {
    const words = Array.from({ length: 3_000 }, (_, i) => ` ${i}`)
    const { backend } = await startBackend({ kind: 'vllm', script: { words } })
    const [client, server] = await startPair()
    stopLater(await serveEngine(server, backendEngine(backend)))
    const near = await answerOf(backend.infer(CHAT, {}))
    const far = await answerOf(libp2pTransport(client).infer(server.id, CHAT, {}))
    expect(far.error).toBeUndefined()
    expect(far.text).toBe(words.join(''))
    const nameless = (chunks: readonly JsonObject[] = []) => chunks.map(({ id: _, ...chunk }) => chunk)
    expect(nameless(far.chunks)).toEqual(nameless(near.chunks))
    expect(nameless(far.done?.chunks)).toEqual(nameless(near.done?.chunks))
  })

  it('says over the network what is at fault', async () => {
    const { server: box, backend } = await startBackend({ kind: 'vllm' })
    const [client, server] = await startPair()
    stopLater(await serveEngine(server, backendEngine(backend)))
    const transport = libp2pTransport(client)
    box.script = { fault: { kind: 'status', status: 400 } }
    expect((await answerOf(transport.infer(server.id, CHAT, {}))).error).toMatchObject({ name: 'RequestError', status: 400 })
    box.script = { fault: { kind: 'status', status: 503 } }
    expect((await answerOf(transport.infer(server.id, CHAT, {}))).error).toMatchObject({ reason: 'overloaded' })
    box.script = { fault: { kind: 'stall', afterTokens: 1 } }
    for await (const event of transport.infer(server.id, CHAT, {})) {
      expect(event.kind).toBe('tokens')
      break
    }
    await box.jobs.at(-1)?.left
  })
})
