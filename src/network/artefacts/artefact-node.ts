import { systemClock } from '../../core/clock.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import type { PeerId } from '../../job/decision.ts'
import { createSelection, type SelectionOptions } from '../../selector/selection.ts'
import { createNode, type NetworkNode } from '../node.ts'
import { hostCapacity, hostSampler } from '../pyrsia/host-sampler.ts'
import { serveMetric } from '../pyrsia/metric-protocol.ts'
import { serveArtefacts } from './artefact-protocol.ts'
import { type Artefact, fileStore } from './artefact-store.ts'
import { downloadArtefact, type DownloadedArtefact, type DownloadOptions } from './download.ts'
import { DOWNLOAD_CLASS, DOWNLOAD_OBJECTIVE } from './download-job.ts'
import { provideArtefacts } from './provide.ts'

export interface ArtefactServerOptions {
  /** Files to serve. */
  readonly paths: readonly string[]
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Nodes to join the network by; none for the first node of one. @default [] */
  readonly bootstrap?: readonly string[]
  readonly clock?: Clock & Timers
}

/** A node that serves files as artefacts, and tells how busy its host is. */
export interface ArtefactServer {
  readonly id: PeerId
  /** In the order of their paths. */
  readonly artefacts: readonly Artefact[]
  addresses(): string[]
  stop(): Promise<void>
}

interface Stoppable {
  stop(): Promise<void> | void
}

/** Stops all of them, the last one first. */
async function stopAll(things: readonly Stoppable[]): Promise<void> {
  for (const thing of things.toReversed()) await thing.stop()
}

async function serveAll(node: NetworkNode, artefacts: readonly Artefact[], clock: Clock & Timers): Promise<Stoppable[]> {
  const byId = new Map(artefacts.map((artefact) => [artefact.id, artefact]))
  const sampler = hostSampler({ clock, capacity: await hostCapacity() })
  return [
    sampler,
    await serveMetric(node, () => sampler.metric(), { clock }),
    await serveArtefacts(node, byId, { clock }),
    provideArtefacts(node, [...byId.keys()], { timers: clock })
  ]
}

/** @throws ERR_INVALID_OPTION for a file that cannot be served, ERR_PORT_IN_USE */
export async function startArtefactServer(options: ArtefactServerOptions): Promise<ArtefactServer> {
  const { paths, listen, bootstrap = [], clock = systemClock } = options
  const store = fileStore()
  const started: Stoppable[] = [{ stop: () => store.close() }]
  try {
    const artefacts: Artefact[] = []
    for (const path of paths) artefacts.push(await store.add(path))
    const node = await createNode({ role: 'server', listen, bootstrap, timers: clock })
    started.push(node)
    started.push(...(await serveAll(node, artefacts, clock)))
    return { id: node.id, artefacts, addresses: () => node.addresses(), stop: () => stopAll(started) }
  } catch (error) {
    await stopAll(started)
    throw error
  }
}

export interface GetArtefactOptions extends DownloadOptions {
  /** Nodes to join the network by. */
  readonly bootstrap: readonly string[]
  /** Of the selection that chooses who sends what. */
  readonly selection?: Omit<SelectionOptions, 'objectives'>
  readonly clock?: Clock & Timers
}

/** Joins a network, downloads an artefact and leaves; see {@link downloadArtefact}, also for the errors. */
export async function getArtefact(options: GetArtefactOptions): Promise<DownloadedArtefact> {
  const { bootstrap, selection: selectionOptions, clock = systemClock, ...download } = options
  const node = await createNode({ role: 'client', bootstrap, timers: clock })
  try {
    const objectives = { [DOWNLOAD_CLASS]: DOWNLOAD_OBJECTIVE }
    const selection = createSelection({ clock }, { ...selectionOptions, objectives })
    return await downloadArtefact({ node, selection, clock }, download)
  } finally {
    await node.stop()
  }
}
