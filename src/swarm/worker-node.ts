import type { Clock, Timers } from '../core/clock.ts'
import type { PeerId } from '../job/decision.ts'
import { createNode, type NetworkNode, type NodeOptions } from '../network/node.ts'
import { provideModels } from '../network/discovery.ts'
import { serveEngine } from '../network/inference-protocol.ts'
import { serveStatus } from '../network/status-protocol.ts'
import type { Claims } from '../peer/observation.ts'
import type { Engine, InferenceEvent } from '../router/transport.ts'
import type { HostLoad } from './host-load.ts'

export interface WorkerComponents {
  readonly clock: Clock & Timers
  readonly engine: Engine
  /** Real load of the machine, to ride on every load report. */
  readonly hostLoad?: HostLoad
}

export interface WorkerOptions extends NodeOptions {
  readonly claims: Claims
}

/** A node that runs jobs: it says in the DHT which models it serves, answers load probes and streams tokens. */
export interface WorkerNode {
  readonly id: PeerId
  addresses(): string[]
  stop(): Promise<void>
}

/** @throws ERR_PORT_IN_USE, ERR_INVALID_OPTION */
export async function startWorker({ clock, engine, hostLoad }: WorkerComponents, options: WorkerOptions): Promise<WorkerNode> {
  const { claims, ...nodeOptions } = options
  const node: NetworkNode = await createNode({ role: 'server', timers: clock, ...nodeOptions })
  const load = () => {
    const cpuRatio = hostLoad?.cpuRatio()
    return { ...engine.load(), ...(cpuRatio === undefined ? {} : { cpuRatio }) }
  }
  const reporting: Engine = { infer: (request, abort) => withLoad(engine.infer(request, abort), load), load }
  const inference = await serveEngine(node, reporting, { timers: clock })
  const status = await serveStatus(node, { load, claims: () => claims }, { timers: clock })
  const providing = provideModels(node, claims.models, { timers: clock })
  return {
    id: node.id,
    addresses: () => node.addresses(),
    async stop() {
      await Promise.all([providing.stop(), inference.stop(), status.stop()])
      await node.stop()
      hostLoad?.stop()
    }
  }
}

async function* withLoad(events: AsyncIterable<InferenceEvent>, load: Engine['load']): AsyncGenerator<InferenceEvent> {
  for await (const event of events) yield event.kind === 'done' ? { ...event, load: load() } : event
}
