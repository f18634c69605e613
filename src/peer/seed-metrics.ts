import type { PeerId } from '../job/decision.ts'
import type { Claims, Observation } from './observation.ts'

/** The histories of the proof of concept are cut to these lengths, oldest first. */
const MAX_PINGS = 100
const MAX_ONLINE_RECORDS = 1000

export interface SeedPing {
  /** Round trip, ms; 0 for a ping that failed. */
  readonly rttMs: number
  readonly ok: boolean
}

/** What a peer last said of itself, in the proof of concept's words. Nothing is clamped. */
export interface SeedResource {
  readonly tokensThroughput: number
  readonly load: number
  readonly vramGb: number
  readonly gpuModel: string
}

/**
 * What CrowdLlama's scoring proof of concept keeps of one peer (branch scoring-mechanism-poc, pkg/scoring): raw histories by
 * event count, not by time. Kept for comparison and for the `seed` variant of the factors; nothing else reads it.
 */
export interface SeedMetrics {
  /** Oldest first, the last 100. */
  readonly pings: readonly SeedPing[]
  /** Whether each event said "online"; oldest first, the last 1000. */
  readonly onlineRecords: readonly boolean[]
  readonly connections: number
  readonly disconnections: number
  /** ms since the epoch */
  readonly firstSeenMs: number
  readonly resource: SeedResource
}

export interface SeedRecorder {
  /** Folds one observation as the proof of concept would. Made to be handed to `PeerTable.subscribe`. */
  readonly observe: (peer: PeerId, observation: Observation, atMs: number) => void
  /** Undefined until the peer's first claims: the proof of concept knows no peer without metadata. */
  metrics(peer: PeerId): SeedMetrics | undefined
  /** Drops what is kept of a peer. The proof of concept never does. */
  forget(peer: PeerId): void
}

interface MutableMetrics extends SeedMetrics {
  readonly pings: SeedPing[]
  readonly onlineRecords: boolean[]
  connections: number
  disconnections: number
  resource: SeedResource
}

function toResource(claims: Claims): SeedResource {
  return {
    tokensThroughput: claims.tokensPerSecond,
    load: claims.loadRatio,
    vramGb: claims.vramGb,
    gpuModel: claims.gpuModel
  }
}

function keep<T>(history: T[], entry: T, limit: number): void {
  history.push(entry)
  if (history.length > limit) history.shift()
}

/**
 * Records peers the way the proof of concept does, with what it gets wrong: a metadata refresh counts as one more online record
 * but not as a connection; whatever happens before the first metadata is dropped, a disconnection too; what jobs show is ignored.
 */
export function seedRecorder(): SeedRecorder {
  const peers = new Map<PeerId, MutableMetrics>()

  function addPeer(peer: PeerId, claims: Claims, atMs: number): void {
    const resource = toResource(claims)
    const known = peers.get(peer)
    if (known !== undefined) {
      known.resource = resource
      keep(known.onlineRecords, true, MAX_ONLINE_RECORDS)
      return
    }
    peers.set(peer, { pings: [], onlineRecords: [true], connections: 0, disconnections: 0, firstSeenMs: atMs, resource })
  }

  function fold(metrics: MutableMetrics, observation: Exclude<Observation, { kind: 'claims' }>): void {
    switch (observation.kind) {
      case 'ping':
        keep(metrics.pings, { rttMs: observation.rttMs, ok: true }, MAX_PINGS)
        break
      case 'ping-failed':
        keep(metrics.pings, { rttMs: 0, ok: false }, MAX_PINGS)
        break
      case 'connected':
        metrics.connections += 1
        keep(metrics.onlineRecords, true, MAX_ONLINE_RECORDS)
        break
      case 'disconnected':
        metrics.disconnections += 1
        keep(metrics.onlineRecords, false, MAX_ONLINE_RECORDS)
        break
      case 'load':
      case 'outcome':
      case 'gossip':
        break
    }
  }

  return {
    observe(peer, observation, atMs) {
      if (observation.kind === 'claims') {
        addPeer(peer, observation.claims, atMs)
        return
      }
      const metrics = peers.get(peer)
      if (metrics !== undefined) fold(metrics, observation)
    },
    metrics: (peer) => peers.get(peer),
    forget(peer) {
      peers.delete(peer)
    }
  }
}
