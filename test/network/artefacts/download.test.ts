import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { serveArtefacts } from '../../../src/network/artefacts/artefact-protocol.ts'
import { artefactIdOf } from '../../../src/network/artefacts/artefact-id.ts'
import { type Artefact, fileStore } from '../../../src/network/artefacts/artefact-store.ts'
import { CHUNK_BYTES } from '../../../src/network/artefacts/artefact-wire.ts'
import { downloadArtefact, type DownloadOptions } from '../../../src/network/artefacts/download.ts'
import { provideArtefacts } from '../../../src/network/artefacts/provide.ts'
import { metricAsker, serveMetric } from '../../../src/network/pyrsia/metric-protocol.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { pyrsiaRanker, reportedMetrics } from '../../../src/scoring/reported-metrics.ts'
import { delayRelay } from '../../../src/simulation/relay/delay-relay.ts'
import { rejection, startNode, stopLater } from '../support.ts'
import { downloader, downloads, meet, scratch, serving, sha256Of, someArtefact, storeOf } from './support.ts'

const MB = CHUNK_BYTES

/** As it is, with other bytes from some place on. */
function tampered(artefact: Artefact, from = 0): Artefact {
  return {
    ...artefact,
    read: async (offset, into) => {
      await artefact.read(offset, into)
      if (offset + into.length > from) into[into.length - 1] ^= 1
    }
  }
}

/** Each read takes so long: a piece of 64 KiB at a time. */
function slow(artefact: Artefact, msPerPiece: () => number): Artefact {
  return {
    ...artefact,
    read: async (offset, into) => {
      await new Promise<void>((resolve) => void systemClock.after(msPerPiece(), resolve))
      await artefact.read(offset, into)
    }
  }
}

async function get(
  node: NetworkNode,
  peers: readonly NetworkNode[],
  options: Partial<DownloadOptions> & { id: string; path: string }
) {
  const selection = downloads({ health: { coolDownMs: 100 } })
  return downloadArtefact(
    { node, selection },
    { findPeers: () => peers.map(({ id }) => id), discoveryIntervalMs: 100, settleMs: 100, patienceMs: 10_000, ...options }
  )
}

describe('downloadArtefact', () => {
  it('finds the providers in the DHT, gets parts from several of them, and tells how it goes', async () => {
    const { artefact, path, dir } = await someArtefact(9 * MB + 12_345)
    const hub = await startNode()
    const bootstrap = hub.addresses()
    const servers = [await serving(artefact, { bootstrap }), await serving(artefact, { bootstrap })]
    for (const server of servers) stopLater(provideArtefacts(server, [artefact.id], { retryMs: 50 }))
    const node = await startNode({ listen: [], role: 'client', bootstrap })
    const target = join(dir, 'copy')
    const doneBytes: number[] = []
    const result = await downloadArtefact(
      { node, selection: downloads() },
      {
        id: artefact.id,
        path: target,
        discoveryIntervalMs: 100,
        settleMs: 1000,
        onProgress: (progress) => doneBytes.push(progress.doneBytes)
      }
    )
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect([...result.bytesByPeer.keys()].sort()).toEqual(servers.map(({ id }) => id).sort())
    expect([...result.bytesByPeer.values()].reduce((a, b) => a + b)).toBe(artefact.size)
    expect(doneBytes).toHaveLength(10)
    expect(doneBytes.at(-1)).toBe(artefact.size)
    expect(result).toMatchObject({ size: artefact.size, resumedBytes: 0 })
    expect(result.banned.size).toBe(0)
    await expect(stat(`${target}.part`)).rejects.toThrow('ENOENT')
  })

  it.each([0, 1, MB - 1, MB, MB + 1])('gets an artefact of %d bytes', async (size) => {
    const { artefact, path, dir } = await someArtefact(size)
    const servers = [await serving(artefact)]
    const target = join(dir, 'copy')
    await get(await downloader(servers), servers, { id: artefact.id, path: target })
    expect(await sha256Of(target)).toBe(await sha256Of(path))
  })

  it('takes nothing of a peer that sends other bytes, and gets its parts elsewhere', async () => {
    const { artefact, path, dir } = await someArtefact(6 * MB)
    const liar = await serving(tampered(artefact))
    const servers = [liar, await serving(artefact)]
    const target = join(dir, 'copy')
    const result = await get(await downloader(servers), servers, { id: artefact.id, path: target })
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect([...result.banned]).toEqual([[liar.id, expect.stringMatching(/must send chunk \d as its digest says/)]])
    expect(result.bytesByPeer.has(liar.id)).toBe(false)
  })

  it('finds out peers that agree on wrong digests, though they are more', async () => {
    const { artefact, path, dir } = await someArtefact(3 * MB)
    const other = await someArtefact(3 * MB + 1)
    const fake = { ...other.artefact, id: artefact.id }
    const liars = [await serving(fake), await serving(fake)]
    const servers = [...liars, await serving(artefact)]
    const target = join(dir, 'copy')
    const result = await get(await downloader(servers), servers, { id: artefact.id, path: target, settleMs: 500 })
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect([...result.banned.keys()].sort()).toEqual(liars.map(({ id }) => id).sort())
  })

  it('believes a minority where the majority sends nothing', async () => {
    const { artefact, path, dir } = await someArtefact(2 * MB)
    const other = await someArtefact(MB)
    const fake = slow({ ...other.artefact, id: artefact.id }, () => 60_000)
    const liars = [await serving(fake), await serving(fake)]
    const servers = [...liars, await serving(artefact)]
    const target = join(dir, 'copy')
    const options = { id: artefact.id, path: target, settleMs: 500, stallTimeoutMs: 100, patienceMs: 1_000 }
    const result = await get(await downloader(servers), servers, options)
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect([...result.banned.keys()].sort()).toEqual(liars.map(({ id }) => id).sort())
  })

  it('goes on without a peer that goes away, and with one that comes back', async () => {
    const { artefact, path, dir } = await someArtefact(8 * MB)
    const steady = await serving(slow(artefact, () => 10))
    let served = 0
    const leaving = await startNode()
    const first = await serveArtefacts(leaving, storeOf(slow(artefact, () => (served++, 2))))
    const servers = [steady, leaving]
    const node = await downloader(servers)
    const target = join(dir, 'copy')
    let left = false
    let back = false
    const result = await get(node, servers, {
      id: artefact.id,
      path: target,
      stallTimeoutMs: 500,
      onProgress: ({ peer, doneBytes }) => {
        if (peer === leaving.id && !left) {
          left = true
          void first.stop()
        } else if (left && !back && doneBytes >= 3 * MB) {
          back = true
          void serveArtefacts(leaving, storeOf(artefact))
        }
      }
    })
    expect([left, back, served > 0]).toEqual([true, true, true])
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect(result.banned.size).toBe(0)
  })

  it('does not wait at the end for a peer that has become slow', async () => {
    const { artefact, path, dir } = await someArtefact(4 * MB)
    const servers = [await serving(slow(artefact, () => 1)), await serving(slow(artefact, () => 3_000))]
    const target = join(dir, 'copy')
    const startMs = systemClock.now()
    const result = await get(await downloader(servers), servers, { id: artefact.id, path: target, stallTimeoutMs: 60_000 })
    expect(systemClock.now() - startMs).toBeLessThan(8_000)
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect([...result.bytesByPeer.keys()]).toEqual([servers[0].id])
  })

  it('goes on with what an earlier try left, and checks it', async () => {
    const { artefact, path, dir } = await someArtefact(5 * MB + 5)
    const target = join(dir, 'copy')
    const part = await readFile(path)
    part[2 * MB + 7] ^= 1
    await writeFile(`${target}.part`, part)
    await truncate(`${target}.part`, 4 * MB + 9)
    const servers = [await serving(artefact)]
    const result = await get(await downloader(servers), servers, { id: artefact.id, path: target })
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect(result.resumedBytes).toBe(3 * MB)
    expect(result.bytesByPeer.get(servers[0].id)).toBe(2 * MB + 5)
  })

  it('stops for its signal, and the next try goes on from there', async () => {
    const { artefact, path, dir } = await someArtefact(6 * MB)
    const servers = [await serving(slow(artefact, () => 5))]
    const node = await downloader(servers)
    const target = join(dir, 'copy')
    const controller = new AbortController()
    const reason = new Error('enough for today')
    const first = get(node, servers, {
      id: artefact.id,
      path: target,
      signal: controller.signal,
      onProgress: ({ doneBytes }) => {
        if (doneBytes >= 2 * MB) controller.abort(reason)
      }
    })
    expect(await rejection(first)).toBe(reason)
    const result = await get(node, servers, { id: artefact.id, path: target })
    expect(result.resumedBytes).toBeGreaterThanOrEqual(2 * MB)
    expect(await sha256Of(target)).toBe(await sha256Of(path))
  })

  it('has no more chunks under way than it may, and reads and sends them in small pieces', async () => {
    const { artefact, path, dir } = await someArtefact(5 * MB)
    let open = 0
    let mostOpen = 0
    let longest = 0
    const counted: Artefact = {
      ...artefact,
      read: async (offset, into) => {
        mostOpen = Math.max(mostOpen, (open += 1))
        longest = Math.max(longest, into.length)
        await slow(artefact, () => 1).read(offset, into)
        open -= 1
      }
    }
    const servers = [await serving(counted), await serving(counted), await serving(counted)]
    const target = join(dir, 'copy')
    await get(await downloader(servers), servers, { id: artefact.id, path: target, maxParallel: 2 })
    expect(await sha256Of(target)).toBe(await sha256Of(path))
    expect([mostOpen, longest]).toEqual([2, 65_536])
  })

  it('follows what peers say of their load, under the Pyrsia arm', async () => {
    const { artefact, dir } = await someArtefact(4 * MB)
    const servers = [await serving(artefact), await serving(artefact)]
    for (const [i, server] of servers.entries()) await serveMetric(server, () => [30, 0.2][i])
    const node = await downloader(servers)
    const metrics = reportedMetrics()
    for (const [peer, answer] of await metricAsker(node).askAll(servers.map(({ id }) => id))) {
      if (answer.status === 'fulfilled') metrics.heard(peer, answer.value, systemClock.wall())
    }
    const selection = downloads({
      policy: 'fixed:pyrsia',
      rankers: ({ scoreboard }) => [scoreboard, pyrsiaRanker(metrics)]
    })
    const path = join(dir, 'copy')
    const findPeers = () => servers.map(({ id }) => id)
    const result = await downloadArtefact({ node, selection }, { id: artefact.id, path, findPeers, maxParallel: 1 })
    expect([...result.bytesByPeer]).toEqual([[servers[1].id, 4 * MB]])
  })

  it('says so when nobody has it', async () => {
    const { artefact, dir } = await someArtefact(10)
    const server = await startNode()
    const error = await rejection(
      get(await downloader([server]), [server], { id: artefact.id, path: join(dir, 'copy'), patienceMs: 300 })
    )
    expect(error).toMatchObject({ code: 'ERR_NO_ELIGIBLE_PEER' })
  })

  it('says so when nobody sends what they say to have, and why', async () => {
    const { artefact, dir } = await someArtefact(3 * MB)
    const servers = [await serving(slow(artefact, () => 60_000))]
    const options = { id: artefact.id, path: join(dir, 'copy'), stallTimeoutMs: 100, patienceMs: 600 }
    const error = await rejection(get(await downloader(servers), servers, options))
    expect(error).toMatchObject({ code: 'ERR_JOB_FAILED', message: expect.stringContaining('0 of 3 are there') as string })
  })

  it('does not even begin with an artefact that is too long', async () => {
    const { artefact, dir } = await someArtefact(2 * MB)
    const servers = [await serving(artefact)]
    const options = { id: artefact.id, path: join(dir, 'copy'), maxBytes: 2 * MB - 1, patienceMs: 500 }
    expect(await rejection(get(await downloader(servers), servers, options))).toMatchObject({ code: 'ERR_NO_ELIGIBLE_PEER' })
  })

  it.each<[string, Partial<DownloadOptions>]>([
    ['a word for an id', { id: 'hello' }],
    ['a path that cannot be', { path: '/nowhere/at/all' }],
    ['no chunk at a time', { maxParallel: 0 }],
    ['no patience', { patienceMs: 0 }]
  ])('refuses %s', async (_, options) => {
    const id = artefactIdOf(new Uint8Array(32))
    const node = await downloader([])
    const path = join(await scratch(), 'copy')
    expect(await rejection(get(node, [], { id, path, ...options }))).toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})

/** A link of so many ms for each piece of data that goes through it, one after the other. */
async function relayed(artefact: Artefact, msPerPiece: number): Promise<NetworkNode> {
  const node = await serving(artefact)
  const port = Number(/tcp\/(\d+)/.exec(node.addresses()[0])?.[1])
  let freeMs = 0
  const oneWayDelayMs = () => {
    const nowMs = systemClock.now()
    freeMs = Math.max(freeMs, nowMs) + msPerPiece
    return freeMs - nowMs
  }
  const relay = await delayRelay({ clock: systemClock, timers: systemClock }, { targetPort: port, oneWayDelayMs })
  stopLater({ stop: () => relay.close() })
  return { ...node, addresses: () => [`/ip4/127.0.0.1/tcp/${relay.port}/p2p/${node.id}`] }
}

describe('a transfer of 100 MB', () => {
  it('comes whole from peers of unequal speed, of which one lies and one goes away', async () => {
    const { artefact, path, dir } = await someArtefact(100_000_000)
    const fast = [await relayed(artefact, 0), await relayed(artefact, 1)]
    const slowest = await relayed(artefact, 20)
    const liar = await serving(tampered(artefact, 20 * MB))
    const leaving = await serving(artefact)
    const servers = [...fast, slowest, liar, leaving]
    const node = await startNode({ listen: [], role: 'client' })
    for (const server of servers) await meet(node, server)
    const target = join(dir, 'copy')
    let left = false
    const result = await get(node, servers, {
      id: artefact.id,
      path: target,
      stallTimeoutMs: 2_000,
      onProgress: ({ peer, doneBytes }) => {
        if (left || peer !== leaving.id || doneBytes < 10 * MB) return
        left = true
        void leaving.stop()
      }
    })
    const [copy, original] = await Promise.all([target, path].map(sha256Of))
    expect(copy).toBe(original)
    const bytesOf = ({ id }: NetworkNode) => result.bytesByPeer.get(id) ?? 0
    expect(bytesOf(fast[0])).toBeGreaterThan(bytesOf(slowest))
    expect(left).toBe(true)
    expect([...result.banned.keys()]).toEqual([liar.id])
  }, 60_000)
})

describe('the store of files', () => {
  it.each([
    ['is not there', 'nothing'],
    ['is a directory', '']
  ])('refuses what %s', async (_, name) => {
    const store = fileStore()
    const path = join(await scratch(), name)
    expect(await rejection(store.add(path))).toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await store.close()
  })

  it('sends nothing of a file that became shorter', async () => {
    const { artefact, path } = await someArtefact(1000)
    const file = await open(path, 'r+')
    await file.truncate(500)
    await file.close()
    expect(await rejection(artefact.read(0, new Uint8Array(1000)))).toMatchObject({
      message: expect.stringContaining('ended at 500 bytes') as string
    })
  })
})
