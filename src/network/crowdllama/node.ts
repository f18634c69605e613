import { createNode, type NetworkNode, type NodeOptions } from '../node.ts'
import { serveDht, type ServeDhtOptions } from './dht/serve-dht.ts'
import { CROWDLLAMA_DHT } from './protocols.ts'

export interface CrowdllamaNodeOptions extends NodeOptions {
  /** What a server keeps for others. */
  readonly dht?: Omit<ServeDhtOptions, 'dhtProtocol'>
}

/**
 * A node of a CrowdLlama network, as {@link createNode} makes them. As a server it answers others in the DHT, and can be what they join
 * the network by; as a client it only asks.
 * @throws ERR_PORT_IN_USE naming the address, ERR_INVALID_OPTION
 */
export async function crowdllamaNode(options: CrowdllamaNodeOptions = {}): Promise<NetworkNode> {
  const { role = 'client', dht, dhtProtocol = CROWDLLAMA_DHT, ...nodeOptions } = options
  // What the DHT of libp2p itself serves would refuse the key under which the nodes meet.
  const node = await createNode({ ...nodeOptions, dhtProtocol, role: 'client' })
  if (role === 'client') return node
  const serving = await serveDht(node, { ...dht, dhtProtocol })
  return {
    ...node,
    async stop() {
      await serving.stop()
      await node.stop()
    }
  }
}

/**
 * A node to join a CrowdLlama network by, for nodes of CrowdLlama's own and for those of this project: in the place of `crowdllama-dht`,
 * which listens at port 9000.
 * @throws ERR_PORT_IN_USE naming the address, ERR_INVALID_OPTION
 */
export function crowdllamaBootstrap(options: CrowdllamaNodeOptions = {}): Promise<NetworkNode> {
  return crowdllamaNode({ listen: ['/ip4/0.0.0.0/tcp/9000'], ...options, role: 'server' })
}
