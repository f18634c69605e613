import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { getArtefact, startArtefactServer } from '../../../src/network/artefacts/artefact-node.ts'
import { metricAsker } from '../../../src/network/pyrsia/metric-protocol.ts'
import { ANY_PORT, rejection, startNode, stopLater } from '../support.ts'
import { scratch, sha256Of, writeNoise } from './support.ts'

describe('a node that serves files', () => {
  it('is found, sends them, and tells how busy it is', async () => {
    const dir = await scratch()
    const paths = [await writeNoise(join(dir, 'one'), 1_500_000), await writeNoise(join(dir, 'two'), 3)]
    const server = stopLater(await startArtefactServer({ paths, listen: [ANY_PORT] }))
    expect(server.artefacts.map(({ size }) => size)).toEqual([1_500_000, 3])
    for (const [i, { id }] of server.artefacts.entries()) {
      const path = join(dir, `copy-${i}`)
      const result = await getArtefact({ id, path, bootstrap: server.addresses(), discoveryIntervalMs: 200 })
      expect(await sha256Of(path)).toBe(await sha256Of(paths[i]))
      expect([...result.bytesByPeer.keys()]).toEqual([server.id])
    }
    const asking = await startNode({ listen: [], role: 'client', bootstrap: server.addresses() })
    await asking.libp2p.dial(multiaddr(server.addresses()[0]))
    const asker = metricAsker(asking, { budget: { perSecond: 1e6, burst: 1e6 } })
    let metric: number | undefined
    // It resets until it has looked at its host for the first time.
    while (metric === undefined) metric = await asker.ask(server.id).catch(() => undefined)
    expect(metric).toBeGreaterThanOrEqual(0)
  })

  it('lets go of everything when a file is not there', async () => {
    const dir = await scratch()
    const paths = [await writeNoise(join(dir, 'one'), 10), join(dir, 'nothing')]
    expect(await rejection(startArtefactServer({ paths, listen: [ANY_PORT] }))).toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})
