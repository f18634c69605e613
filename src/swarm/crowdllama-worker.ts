import type { Clock, Timers } from '../core/clock.ts'
import { crowdllamaNode, type CrowdllamaNodeOptions } from '../network/crowdllama/node.ts'
import { serveCrowdllama, type ServeCrowdllamaOptions } from '../network/crowdllama/serve-crowdllama.ts'
import type { Claims } from '../peer/observation.ts'
import type { Engine } from '../router/transport.ts'
import type { WorkerNode } from './worker-node.ts'

export interface CrowdllamaWorkerOptions extends CrowdllamaNodeOptions {
  readonly claims: Claims
  readonly serve?: Omit<ServeCrowdllamaOptions, 'clock'>
}

/**
 * A node that runs jobs for the consumers of a CrowdLlama network, and answers others in its DHT.
 * @throws ERR_PORT_IN_USE, ERR_INVALID_OPTION
 */
export async function startCrowdllamaWorker(
  { clock, engine }: { readonly clock: Clock & Timers; readonly engine: Engine },
  { claims, serve, ...nodeOptions }: CrowdllamaWorkerOptions
): Promise<WorkerNode> {
  const node = await crowdllamaNode({ role: 'server', timers: clock, ...nodeOptions })
  const serving = await serveCrowdllama(node, engine, claims, { ...serve, clock })
  return {
    id: node.id,
    addresses: () => node.addresses(),
    async stop() {
      await serving.stop()
      await node.stop()
    }
  }
}
