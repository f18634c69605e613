import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Timers } from '../../src/core/clock.ts'
import { provideModels } from '../../src/network/discovery.ts'
import { peerWatch } from '../../src/network/peer-watch.ts'
import { createNode } from '../../src/network/node.ts'
import { ANY_PORT, rejection, startNode, stopLater } from './support.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)

describe('createNode', () => {
  it('makes the same identity of the same seed', async () => {
    const first = await createNode({ keySeed: seed(7) })
    await first.stop()
    const again = await startNode({ keySeed: seed(7) })
    const other = await startNode({ keySeed: seed(8) })
    expect(again.id).toBe(first.id)
    expect(other.id).not.toBe(first.id)
  })

  it('tells where it can be dialled', async () => {
    const node = await startNode()
    expect(node.addresses()).toEqual([expect.stringMatching(new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${node.id}$`))])
  })

  it('does not listen unless told to', async () => {
    expect((await startNode({ listen: [] })).addresses()).toEqual([])
  })

  it('tells others the announced address instead', async () => {
    const node = await startNode({ announce: ['/ip4/192.0.2.7/tcp/4001'] })
    expect(node.addresses()).toEqual([`/ip4/192.0.2.7/tcp/4001/p2p/${node.id}`])
  })

  it('names a listen address that is taken', async () => {
    const node = await startNode()
    const taken = node.addresses()[0].replace(/\/p2p\/.*/, '')
    const error = await rejection(createNode({ listen: [taken] }))
    expect(error).toMatchObject({ code: 'ERR_PORT_IN_USE', message: expect.stringContaining(taken) as string })
  })

  it.each([
    ['a seed of another length', { keySeed: new Uint8Array(31) }, /keySeed\.length .* got 31/],
    ['a role it does not know', { role: 'relay' as 'client' }, /role .* got "relay"/],
    ['an empty DHT protocol', { dhtProtocol: '' }, /dhtProtocol/],
    ['no connections at all', { maxConnections: 0 }, /maxConnections .* got 0/],
    ['a bootstrap address without a peer', { bootstrap: ['/ip4/127.0.0.1/tcp/4001'] }, /bootstrap .* got "\/ip4/],
    ['a bootstrap address that is none', { bootstrap: ['localhost:4001'] }, /bootstrap .* got "localhost/]
  ])('refuses %s', async (_, options, text) => {
    const error = await rejection(createNode(options))
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(text) as string })
  })

  it('finds its bootstrap node again when that one restarts', async () => {
    const first = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], role: 'server', keySeed: seed(1) })
    const address = first.addresses()[0]
    const node = stopLater(await createNode({ bootstrap: [address] }))
    await connection(node, 1)
    await first.stop()
    await connection(node, 0)
    await startNode({ listen: [address.replace(/\/p2p\/.*/, '')], keySeed: seed(1) })
    await connection(node, 1)
    expect(node.libp2p.getPeers().map(String)).toEqual([first.id])
  })

  it('takes thirty connections a second from one host', async () => {
    const server = await startNode()
    const clients = await Promise.all(Array.from({ length: 30 }, () => startNode({ listen: [], bootstrap: server.addresses() })))
    for (const [index, client] of clients.entries()) {
      await connection(client, 1)
      expect(client.libp2p.getPeers().map(String), `client ${index}`).toEqual([server.id])
    }
  })

  it('leaves no timer of its own and no open port behind', async () => {
    const { timers, pending } = countedTimers()
    const server = await startNode()
    const node = await createNode({ listen: [ANY_PORT], bootstrap: server.addresses(), timers })
    const listened = node.addresses()[0]?.replace(/\/p2p\/.*/, '') ?? ''
    const providing = provideModels(node, ['tiny'], { timers })
    const watch = peerWatch({ node, observe: () => undefined, clock: { ...systemClock, ...timers } }, { models: ['tiny'] })
    watch.start()
    await connection(node, 1)
    expect(pending.size).toBeGreaterThan(0)
    await Promise.all([watch.stop(), providing.stop(), node.stop()])
    expect(pending.size).toBe(0)
    await startNode({ listen: [listened] })
  })

  it('keeps the process alive while it stops', async () => {
    const { timers, pending } = countedTimers()
    const node = await createNode({ timers })
    expect(pending.size).toBe(0)
    const stopping = node.stop()
    expect(pending.size).toBe(1)
    await stopping
    expect(pending.size).toBe(0)
  })
})

/** Real timers, and which of them wait. */
function countedTimers(): { readonly timers: Timers; readonly pending: ReadonlySet<() => void> } {
  const pending = new Set<() => void>()
  const timers: Timers = {
    after(delayMs, callback) {
      const cancel = systemClock.after(delayMs, () => {
        pending.delete(cancel)
        callback()
      })
      pending.add(cancel)
      return () => {
        pending.delete(cancel)
        cancel()
      }
    }
  }
  return { timers, pending }
}

/** Resolves when the node has this many connections. */
async function connection(node: Awaited<ReturnType<typeof createNode>>, count: number): Promise<void> {
  const { libp2p } = node
  while (libp2p.getConnections().length !== count) {
    await new Promise<void>((resolve) => {
      const done = () => {
        libp2p.removeEventListener('connection:open', done)
        libp2p.removeEventListener('connection:close', done)
        resolve()
      }
      libp2p.addEventListener('connection:open', done)
      libp2p.addEventListener('connection:close', done)
    })
  }
}
