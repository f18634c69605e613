// peerbandit over libp2p: nodes, protocols, discovery, and a whole router or worker in one call.
export { createNode, type NetworkNode, type NodeOptions } from './network/node.ts'
export { findProviders, modelCid, provideModels } from './network/discovery.ts'
export { INFERENCE_PROTOCOL, libp2pTransport, serveEngine } from './network/inference-protocol.ts'
export { peerWatch, type PeerWatch, type PeerWatchOptions } from './network/peer-watch.ts'
export { pingPeer } from './network/ping.ts'
export { probeStatus, serveStatus, STATUS_PROTOCOL } from './network/status-protocol.ts'
export { type RouterNode, type RouterNodeOptions, startRouter } from './swarm/router-node.ts'
export { startWorker, type WorkerNode, type WorkerOptions } from './swarm/worker-node.ts'
