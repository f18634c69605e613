import { createHash } from 'node:crypto'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { pcg32 } from '../../../src/core/rng.ts'
import { DOWNLOAD_CLASS, DOWNLOAD_OBJECTIVE } from '../../../src/network/artefacts/download-job.ts'
import { serveArtefacts, type ServeArtefactsOptions } from '../../../src/network/artefacts/artefact-protocol.ts'
import { type Artefact, type ArtefactStore, fileStore } from '../../../src/network/artefacts/artefact-store.ts'
import type { NetworkNode, NodeOptions } from '../../../src/network/node.ts'
import { createSelection, type Selection, type SelectionOptions } from '../../../src/selector/selection.ts'
import { startNode, stopLater } from '../support.ts'

/** A directory that is gone after the test. */
export async function scratch(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'artefacts-'))
  stopLater({ stop: () => rm(path, { recursive: true, force: true }) })
  return path
}

/** Writes a file of bytes that repeat nowhere, without holding it in memory. */
export async function writeNoise(path: string, size: number): Promise<string> {
  const rng = pcg32(size)
  const file = await open(path, 'w')
  const block = new Uint32Array(65_536)
  try {
    for (let offset = 0; offset < size; offset += block.byteLength) {
      // One draw a block: what matters is that no two chunks are alike.
      block.fill(rng.nextUint32())
      await file.write(new Uint8Array(block.buffer, 0, Math.min(block.byteLength, size - offset)))
    }
  } finally {
    await file.close()
  }
  return path
}

export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

/** A file and what it is as an artefact. */
export async function someArtefact(
  size: number
): Promise<{ readonly artefact: Artefact; readonly path: string; readonly dir: string }> {
  const dir = await scratch()
  const path = await writeNoise(join(dir, 'original'), size)
  const store = fileStore()
  stopLater({ stop: () => store.close() })
  return { artefact: await store.add(path), path, dir }
}

export function storeOf(artefact: Artefact): ArtefactStore {
  return { get: (id) => (id === artefact.id ? artefact : undefined) }
}

export async function serving(artefact: Artefact, options: NodeOptions & ServeArtefactsOptions = {}): Promise<NetworkNode> {
  const node = await startNode(options)
  await serveArtefacts(node, storeOf(artefact), options)
  return node
}

/** One that dials by id whoever it is told of. */
export async function downloader(servers: readonly NetworkNode[]): Promise<NetworkNode> {
  const node = await startNode({ listen: [], role: 'client' })
  for (const server of servers) await meet(node, server)
  return node
}

export async function meet(node: NetworkNode, other: NetworkNode): Promise<void> {
  await node.libp2p.peerStore.merge(other.libp2p.peerId, { multiaddrs: other.addresses().map((address) => multiaddr(address)) })
}

export function downloads(options: SelectionOptions = {}): Selection {
  return createSelection({}, { objectives: { [DOWNLOAD_CLASS]: DOWNLOAD_OBJECTIVE }, ...options })
}
