// peerbandit over libp2p: nodes, protocols, discovery, and a whole router or worker in one call.
export { createNode, isPeerId, type NetworkNode, type NodeOptions } from './network/node.ts'
export { findProviders, modelCid, provideModels } from './network/discovery.ts'
export { gossipService, type GossipServiceOptions } from './network/gossip/gossip-service.ts'
export { INFERENCE_PROTOCOL, libp2pTransport, serveEngine } from './network/inference-protocol.ts'
export { peerWatch, type PeerWatch, type PeerWatchOptions } from './network/peer-watch.ts'
export { pingPeer } from './network/ping.ts'
export { probeStatus, serveStatus, STATUS_PROTOCOL } from './network/status-protocol.ts'
export { REPUTATION_TOPIC, reputationGossip } from './network/reputation/reputation-gossip.ts'
export {
  type ReceivedSummary,
  type SharedReputation,
  type ShareReputationOptions,
  shareReputation
} from './network/reputation/share-reputation.ts'
export { decodeSummary, encodeSummary, openSummary, signSummary } from './network/reputation/summary-codec.ts'
export { followTable } from './reputation/follow-table.ts'
export type { ReputationOptions } from './reputation/options.ts'
export { type Bounds, type Reputation, reputation, type ReputationComponents } from './reputation/reputation.ts'
export type { ReputationSnapshot } from './reputation/snapshot.ts'
export type { PeerTally, Summary } from './reputation/summary.ts'
export type { Tally } from './reputation/tally.ts'
export { type RouterNode, type RouterNodeOptions, startRouter } from './swarm/router-node.ts'
export { startWorker, type WorkerNode, type WorkerOptions } from './swarm/worker-node.ts'
// Files by the hash of their content, from several peers at once.
export {
  type ArtefactServer,
  type ArtefactServerOptions,
  getArtefact,
  type GetArtefactOptions,
  startArtefactServer
} from './network/artefacts/artefact-node.ts'
export { ARTEFACT_PROTOCOL, serveArtefacts } from './network/artefacts/artefact-protocol.ts'
export { type Artefact, type ArtefactStore, fileStore, type FileStore } from './network/artefacts/artefact-store.ts'
export {
  downloadArtefact,
  type DownloadedArtefact,
  type DownloadOptions,
  type DownloadProgress
} from './network/artefacts/download.ts'
export { BYTES_PER_TOKEN, DOWNLOAD_CLASS, DOWNLOAD_OBJECTIVE } from './network/artefacts/download-job.ts'
export { provideArtefacts } from './network/artefacts/provide.ts'
// What Pyrsia's nodes say to each other of their load.
export { hostCapacity, hostSampler, type HostSampler, type HostSamplerOptions } from './network/pyrsia/host-sampler.ts'
export { askMetrics, METRIC_PROTOCOL, metricAsker, type MetricAsker, serveMetric } from './network/pyrsia/metric-protocol.ts'
export { watchMetrics } from './network/pyrsia/metric-watch.ts'
// CrowdLlama's networks.
export { crowdllamaFleet, type CrowdllamaFleet, type CrowdllamaFleetOptions } from './network/crowdllama/fleet.ts'
export { crowdllamaBootstrap, crowdllamaNode, type CrowdllamaNodeOptions } from './network/crowdllama/node.ts'
export { serveCrowdllama, type ServeCrowdllamaOptions } from './network/crowdllama/serve-crowdllama.ts'
export { crowdllamaTransport, type CrowdllamaTransportOptions } from './network/crowdllama/transport.ts'
export { type CrowdllamaWorkerOptions, startCrowdllamaWorker } from './swarm/crowdllama-worker.ts'
