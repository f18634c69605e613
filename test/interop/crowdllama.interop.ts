import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { identity } from 'multiformats/hashes/identity'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withDeadline } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { pingPeer } from '../../src/network/ping.ts'
import { askGateway, isWhole } from './ask-gateway.ts'
import { startMockOllama } from './mock-ollama.ts'
import type { MockOllama } from './mock-ollama.ts'
import type { PeerProcess } from './peer-process.ts'
import { CROWDLLAMA_MODELS, awaitQuiet, awaitWorkers, bestWorker, startBootstrap, startConsumer, startWorker } from './peers.ts'
import { startNode, stopLater } from '../network/support.ts'

const MODEL = 'tinyllama'

/** One swarm for all of them: it takes CrowdLlama seconds to find its peers. */
describe('CrowdLlama with itself', () => {
  const stops: (() => Promise<void>)[] = []
  const ollamas: MockOllama[] = []
  const workers: PeerProcess[] = []
  let bootstrap: PeerProcess
  let consumer: PeerProcess

  beforeAll(async () => {
    const kept = <T extends { stop(): Promise<void> }>(thing: T): T => {
      stops.push(() => thing.stop())
      return thing
    }
    bootstrap = kept(await startBootstrap())
    for (let i = 0; i < 2; i++) {
      const ollama = kept(await startMockOllama())
      ollamas.push(ollama)
      workers.push(kept(await startWorker({ bootstrap: [bootstrap.address], ollamaUrl: ollama.url })))
    }
    consumer = kept(await startConsumer({ bootstrap: [bootstrap.address] }))
    await awaitWorkers(consumer, MODEL, 2)
  })

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  const ids = () => workers.map(({ id }) => id).sort()
  const ask = (prompt: string, stream = false) => askGateway(consumer.ready.url!, { model: MODEL, prompt, stream })

  it('knows all workers by their hard-coded models', async () => {
    for (const model of CROWDLLAMA_MODELS) expect(await consumer.call('workers', { model }), model).toEqual(ids())
    expect(await consumer.call('workers', { model: 'no-such-model' })).toEqual([])
  })

  it('is found by a node of ours in its own DHT, and pinged', async () => {
    const node = await startNode({ listen: [], dhtProtocol: '/ipfs/kad/1.0.0', bootstrap: [bootstrap.address] })
    const namespace = CID.createV1(raw.code, identity.digest(new TextEncoder().encode('crowdllama-ns')))
    expect(String(namespace)).toBe('bafkqadldojxxozdmnrqw2yjnnzzq')
    const found = new Set<string>()
    await withDeadline(systemClock, { ms: 30_000, what: 'finding the workers' }, async (signal) => {
      while (!ids().every((id) => found.has(id)))
        for await (const provider of node.libp2p.contentRouting.findProviders(namespace, { signal }))
          found.add(provider.id.toString())
    })
    for (const id of ids()) expect(await pingPeer(node, id)).toBeGreaterThan(0)
  })

  it('answers through its gateway', async () => {
    const before = ollamas.map(({ requests }) => requests)
    const answer = await ask('say 5 words')
    expect(answer).toEqual({ status: 200, model: MODEL, done: true, text: 'word word word word word' })
    expect(ollamas.reduce((sum, { requests }, i) => sum + requests - before[i], 0)).toBe(1)
    expect(ollamas.flatMap(({ prompts }) => prompts)).toContain('say 5 words')
  })

  it('chooses among workers that claim the same by chance', async () => {
    const chosen = new Set<string>()
    for (let i = 0; i < 64; i++) chosen.add(await bestWorker(consumer, MODEL))
    expect([...chosen].sort()).toEqual(ids())
  })

  it('has no worker for a model that nobody claims', async () => {
    expect(await askGateway(consumer.ready.url!, { model: 'no-such-model', prompt: 'hello' })).toMatchObject({
      status: 503,
      error: 'No suitable worker found'
    })
  })

  it('cannot stream', async () => {
    const answer = await ask('say 5 words', true)
    expect(answer).toMatchObject({ status: 200, model: '', done: true })
    expect(answer.text).toMatch(/^Error: .*unmarshal/)
    expect(isWhole(answer)).toBe(false)
  })

  it.each([
    ['status', { status: 200, model: '', done: false, text: '' }],
    ['garbage', { status: 200, model: '', done: true, text: expect.stringMatching(/^Error: /) as string }],
    ['cut', { status: 200, model: '', done: true, text: expect.stringMatching(/^Error: /) as string }]
  ] as const)('tells of a failure (%s) of its model server only in the answer', async (failure, seen) => {
    for (const ollama of ollamas) ollama.set({ failure: () => failure })
    try {
      const answer = await ask('hello')
      expect(answer).toEqual(seen)
      expect(isWhole(answer)).toBe(false)
    } finally {
      for (const ollama of ollamas) ollama.set({ failure: () => undefined })
    }
  })

  it('answers sixty requests at once and leaves no stream open', async () => {
    for (const ollama of ollamas) ollama.set({ tokensPerSecond: 100, slots: 60 })
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask('say 10 words')))
    expect(answers.filter(isWhole)).toHaveLength(60)
    for (const peer of [...workers, consumer]) await awaitQuiet(peer, '/crowdllama/inference/1.0.0')
  })

  it('goes on without a worker that was killed', async () => {
    const [gone] = workers
    await gone.kill()
    await awaitWorkers(consumer, MODEL, 1)
    expect(await bestWorker(consumer, MODEL)).toBe(workers[1].id)
  })
})

describe('a worker of CrowdLlama', () => {
  it('claims what it is told to claim', async () => {
    const bootstrap = stopLater(await startBootstrap())
    const ollama = stopLater(await startMockOllama())
    const base = { bootstrap: [bootstrap.address], ollamaUrl: ollama.url }
    const modest = { supported_models: ['tiny'], tokens_throughput: 20, load: 0.9, gpu_model: 'GTX 1080', vram_gb: 8 }
    stopLater(await startWorker({ ...base, claims: modest }))
    const boastful = stopLater(await startWorker({ ...base, claims: { ...modest, tokens_throughput: 1e6 } }))
    const consumer = stopLater(await startConsumer({ bootstrap: [bootstrap.address] }))
    await awaitWorkers(consumer, 'tiny', 2)
    for (let i = 0; i < 16; i++) expect(await bestWorker(consumer, 'tiny')).toBe(boastful.id)
  })

  it('ends when it is told to, and when nobody holds its stdin', async () => {
    const bootstrap = stopLater(await startBootstrap())
    const [told, left] = await Promise.all(
      [1, 2].map(() => startWorker({ bootstrap: [bootstrap.address], ollamaUrl: 'http://127.0.0.1:9' }))
    )
    await told.stop()
    await left.hangUp()
    expect([told.exitStatus, left.exitStatus]).toEqual([0, 0])
    await expect(left.call('counts')).rejects.toThrow('crowdllama ended (0)')
  })

  it('says what is missing where it cannot start', async () => {
    await expect(startWorker({ bootstrap: [], ollamaUrl: 'http://127.0.0.1:9' })).rejects.toThrow(
      /ended \(1\):\n-bootstrap must be/
    )
  })
})
