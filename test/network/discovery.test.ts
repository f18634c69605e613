import { describe, expect, it } from 'vitest'
import { deadline } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { findProviders, modelCid, provideModels } from '../../src/network/discovery.ts'
import type { NetworkNode } from '../../src/network/node.ts'
import { libp2pTransport, serveEngine } from '../../src/network/inference-protocol.ts'
import { collect, rejection, someRequest, startNode, stopLater, wordEngine } from './support.ts'

/** Looks again and again, as a watch does, until `count` providers are there. */
async function lookFor(node: NetworkNode, model: string, count: number): Promise<string[]> {
  const limit = deadline(systemClock, 20_000, 'looking')
  const seen = new Set<string>()
  while (seen.size < count) {
    for await (const peer of findProviders(node, model, limit)) seen.add(peer)
  }
  limit[Symbol.dispose]()
  return [...seen].sort()
}

describe('modelCid', () => {
  it('is the sha2-256 of peerbandit/model/ and the name, as a raw CIDv1', async () => {
    expect(String(await modelCid('tinyllama'))).toBe('bafkreidcaprzir6cohbhweuphlfqwbqrlnfqowcjfg5epsw3arzaytp5jm')
  })

  it('needs a name', async () => {
    expect(await rejection(modelCid(''))).toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})

describe('discovery', () => {
  it('finds three workers through a bootstrap node that is all they know', async () => {
    const bootstrap = (await startNode()).addresses()
    const workers = await Promise.all([1, 2, 3].map(() => startNode({ bootstrap })))
    for (const worker of workers) {
      await serveEngine(worker, wordEngine())
      stopLater(provideModels(worker, ['tiny'], { retryMs: 100 }))
    }
    const client = await startNode({ listen: [], role: 'client', bootstrap })
    const found = await lookFor(client, 'tiny', 3)
    expect(found).toEqual(workers.map(({ id }) => id).sort())
    const transport = libp2pTransport(client)
    for (const peer of found) expect(await collect(transport.infer(peer, someRequest(), {})), peer).toHaveLength(4)
  })

  it('finds nobody for a model that nobody has, nor itself', async () => {
    const bootstrap = (await startNode()).addresses()
    const [alone, other] = await Promise.all([startNode({ bootstrap }), startNode({ bootstrap })])
    stopLater(provideModels(alone, ['tiny'], { retryMs: 100 }))
    await lookFor(other, 'tiny', 1)
    const seen: string[] = []
    for (const model of ['tiny', 'huge']) {
      for await (const peer of findProviders(alone, model, {})) seen.push(peer)
    }
    expect(seen).toEqual([])
  })

  it('is found again by a bootstrap node that forgot everything', async () => {
    const keySeed = new Uint8Array(32).fill(3)
    const first = await startNode({ keySeed })
    const [address] = first.addresses()
    const worker = await startNode({ bootstrap: [address ?? ''] })
    const client = await startNode({ listen: [], role: 'client', bootstrap: [address ?? ''] })
    stopLater(provideModels(worker, ['tiny'], { intervalMs: 200, retryMs: 100 }))
    await lookFor(client, 'tiny', 1)
    await first.stop()
    await startNode({ keySeed, listen: [address?.replace(/\/p2p\/.*/, '') ?? ''] })
    const newcomer = await startNode({ listen: [], role: 'client', bootstrap: [address ?? ''] })
    expect(await lookFor(newcomer, 'tiny', 1)).toEqual([worker.id])
  })

  it('stops providing at once, even where nobody listens', async () => {
    const node = await startNode()
    await provideModels(node, ['tiny', 'huge']).stop()
  })

  it.each([
    ['intervalMs', { intervalMs: 0 }],
    ['retryMs', { retryMs: NaN }]
  ])('refuses an %s that is no time', async (name, options) => {
    const node = await startNode()
    expect(() => provideModels(node, ['tiny'], options)).toThrow(name)
  })
})
