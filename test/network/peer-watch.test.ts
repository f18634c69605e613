import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { provideModels } from '../../src/network/discovery.ts'
import { createNode } from '../../src/network/node.ts'
import type { NetworkNode, NodeOptions } from '../../src/network/node.ts'
import { peerWatch } from '../../src/network/peer-watch.ts'
import type { PeerWatchOptions } from '../../src/network/peer-watch.ts'
import { STATUS_PROTOCOL, serveStatus } from '../../src/network/status-protocol.ts'
import type { Observation } from '../../src/peer/observation.ts'
import { ANY_PORT, emptyLoad, misbehave, someClaims, startNode, stopLater } from './support.ts'

const FAST = { models: ['tiny'], discoveryIntervalMs: 200, probeIntervalMs: 100, timeoutMs: 1_000 } as const

interface Fact {
  readonly peer: string
  readonly observation: Observation
  readonly atMs: number
}

/** Keeps what was observed, and waits for more. */
function factLog() {
  const facts: Fact[] = []
  let wake = (): void => undefined
  return {
    facts,
    observe: (peer: string, observation: Observation, atMs: number) => {
      facts.push({ peer, observation, atMs })
      wake()
    },
    kindsOf: (peer: string) => facts.filter((fact) => fact.peer === peer).map(({ observation }) => observation.kind),
    until: async (condition: () => boolean): Promise<void> => {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }
}

/** A worker that says what it serves, in the DHT and when asked. */
async function startWorker(bootstrap: readonly string[], options: NodeOptions = {}): Promise<NetworkNode> {
  const worker = await createNode({ listen: [ANY_PORT], role: 'server', bootstrap, ...options })
  stopLater(worker)
  await serveStatus(worker, { load: emptyLoad, claims: () => someClaims() })
  stopLater(provideModels(worker, ['tiny'], { retryMs: 50, intervalMs: 200 }))
  return worker
}

async function startWatch(bootstrap: readonly string[], options: Partial<PeerWatchOptions> = {}) {
  const node = await startNode({ listen: [], role: 'client', bootstrap })
  const log = factLog()
  const watch = peerWatch({ node, observe: log.observe, rng: pcg32(1) }, { ...FAST, ...options })
  watch.start()
  stopLater(watch)
  return { node, watch, ...log }
}

describe('peerWatch', () => {
  it('finds, connects and measures the workers of a model', async () => {
    const bootstrap = (await startNode()).addresses()
    const workers = await Promise.all([startWorker(bootstrap), startWorker(bootstrap), startWorker(bootstrap)])
    const ids = workers.map(({ id }) => id).sort()
    const started = systemClock.wall()
    const { watch, facts, kindsOf, until } = await startWatch(bootstrap)
    await until(() => watch.members('tiny').length === 3)
    expect(watch.members('tiny').sort()).toEqual(ids)
    expect(watch.members('huge')).toEqual([])
    for (const id of ids) expect(kindsOf(id).slice(0, 4), id).toEqual(['connected', 'ping', 'load', 'claims'])
    expect(new Set(facts.map(({ peer }) => peer)), 'nothing is told of the bootstrap node').toEqual(new Set(ids))
    for (const { atMs, observation } of facts) expect(atMs, observation.kind).toBeGreaterThanOrEqual(started)
    const [{ observation: load } = { observation: undefined }] = facts.filter((fact) => fact.observation.kind === 'load')
    expect(load).toEqual({ kind: 'load', load: emptyLoad() })
  })

  it('goes on measuring', async () => {
    const bootstrap = (await startNode()).addresses()
    const worker = await startWorker(bootstrap)
    const { kindsOf, until } = await startWatch(bootstrap)
    await until(() => kindsOf(worker.id).filter((kind) => kind === 'load').length === 5)
    expect(kindsOf(worker.id)).not.toContain('ping-failed')
  })

  it('tells when a worker leaves and when it is back', async () => {
    const bootstrap = (await startNode()).addresses()
    const keySeed = new Uint8Array(32).fill(9)
    const worker = await startWorker(bootstrap, { keySeed })
    const address = worker.addresses()[0]?.replace(/\/p2p\/.*/, '') ?? ''
    const { watch, kindsOf, until } = await startWatch(bootstrap)
    const changes: number[] = []
    watch.onChange(() => changes.push(watch.members('tiny').length))
    await until(() => watch.members('tiny').length === 1)
    await worker.stop()
    await until(() => kindsOf(worker.id).includes('disconnected'))
    expect(watch.members('tiny')).toEqual([])
    await startWorker(bootstrap, { keySeed, listen: [address] })
    await until(() => kindsOf(worker.id).filter((kind) => kind === 'connected').length === 2)
    await until(() => watch.members('tiny').length === 1)
    const steps = changes.filter((count, i) => count !== changes[i - 1])
    expect(steps.filter((count) => count === 1).length).toBeGreaterThanOrEqual(2)
    expect(steps).toContain(0)
  })

  it('tells of a peer that it was connected to before it knew what the peer serves', async () => {
    const worker = await startNode()
    await serveStatus(worker, { load: emptyLoad, claims: () => someClaims() })
    const { watch, kindsOf, until, node } = await startWatch(worker.addresses())
    const helper = await startNode({ bootstrap: worker.addresses() })
    stopLater(provideModels(worker, ['tiny'], { retryMs: 50, intervalMs: 200 }))
    await until(() => watch.members('tiny').length === 1)
    expect(kindsOf(worker.id)[0]).toBe('connected')
    expect([node.id, helper.id]).not.toContain(watch.members('tiny')[0])
  })

  it.each<[string, (worker: NetworkNode) => Promise<unknown>]>([
    ['does not serve a status', () => Promise.resolve()],
    [
      'answers a status with garbage',
      (worker) => misbehave(worker, STATUS_PROTOCOL, (stream) => void stream.send(Uint8Array.of(2, 0xff, 0xff)))
    ],
    ['closes a status at once', (worker) => misbehave(worker, STATUS_PROTOCOL, (stream) => stream.close())],
    ['never answers a status', (worker) => misbehave(worker, STATUS_PROTOCOL, () => undefined)],
    [
      'claims the impossible',
      (worker) => serveStatus(worker, { load: emptyLoad, claims: () => someClaims({ tokensPerSecond: NaN }) })
    ]
  ])('counts a failed ping of a provider that %s', async (_, serve) => {
    const bootstrap = (await startNode()).addresses()
    const worker = await startNode({ bootstrap })
    await serve(worker)
    stopLater(provideModels(worker, ['tiny'], { retryMs: 50, intervalMs: 200 }))
    const { watch, kindsOf, until } = await startWatch(bootstrap, { timeoutMs: 300 })
    await until(() => kindsOf(worker.id).filter((kind) => kind === 'ping-failed').length === 2)
    expect(watch.members('tiny')).toEqual([])
  })

  it('says nothing more once it is stopped, and starts again', async () => {
    const bootstrap = (await startNode()).addresses()
    await startWorker(bootstrap)
    const { watch, facts, until } = await startWatch(bootstrap)
    await until(() => watch.members('tiny').length === 1)
    await watch.stop()
    const count = facts.length
    expect(watch.members('tiny')).toEqual([])
    watch.start()
    await until(() => watch.members('tiny').length === 1)
    expect(facts[count]?.observation.kind).toBe('connected')
  })

  it('stops while it looks for a DHT that is not there', async () => {
    const { watch } = await startWatch([], { discoveryIntervalMs: 60_000 })
    await watch.stop()
    expect(watch.members('tiny')).toEqual([])
  })

  it.each([
    ['models', { models: [''] }],
    ['discoveryIntervalMs', { discoveryIntervalMs: 0 }],
    ['probeIntervalMs', { probeIntervalMs: NaN }],
    ['jitterRatio', { jitterRatio: 1.5 }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['forgetAfterMs', { forgetAfterMs: 0 }]
  ])('refuses a bad %s', async (name, options) => {
    const node = await startNode({ listen: [] })
    expect(() => peerWatch({ node, observe: () => undefined }, { ...FAST, ...options })).toThrow(name)
  })
})
