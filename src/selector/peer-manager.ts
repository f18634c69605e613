import { checkInteger } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { Evidence } from '../peer/evidence.ts'
import type { Claims } from '../peer/observation.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { Scoreboard } from '../scoring/scoreboard.ts'

export interface ScoredPeer {
  readonly peer: PeerId
  /** 0–100, higher is better. */
  readonly score: number
}

export interface PeerSummary {
  readonly peers: number
  readonly connected: number
  /** Over all peers, 0–100; undefined when there are none. */
  readonly meanScore: number | undefined
  readonly bestScore: number | undefined
  readonly worstScore: number | undefined
  /** Mean over the peers that were pinged, ms. */
  readonly meanRttMs: number | undefined
  /** Peers per GPU as claimed. */
  readonly gpus: Readonly<Record<string, number>>
}

/**
 * The scoring manager of the seed: add and remove peers, a peer's score and metrics, the best N, a summary. Scores follow the
 * evidence by themselves (no polling loop) and are computed again only for peers of whom something new is known.
 */
export interface PeerManager {
  addPeer(peer: PeerId, claims?: Claims): void
  /** False if the peer was not there. */
  removePeer(peer: PeerId): boolean
  /** 0–100; undefined for a peer that was never added. */
  peerScore(peer: PeerId): number | undefined
  /** Everything known of the peer now; undefined for one that was never added. */
  peerMetrics(peer: PeerId): Evidence | undefined
  /** The n best, best first. @param n an integer ≥ 1 */
  bestPeers(n: number): readonly ScoredPeer[]
  summary(): PeerSummary
}

export interface PeerManagerComponents {
  readonly table: PeerTable
  readonly scoreboard: Scoreboard
  readonly clock: Clock
}

export interface PeerManagerOptions {
  /** Which of the scoreboard's algorithms scores. @default "standard" */
  readonly algorithm?: string
}

/** @throws ERR_INVALID_OPTION for an algorithm that the scoreboard does not have */
export function peerManager({ table, scoreboard, clock }: PeerManagerComponents, options: PeerManagerOptions = {}): PeerManager {
  const { algorithm = 'standard' } = options
  if (!scoreboard.arms.includes(algorithm)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `algorithm must be one of ${scoreboard.arms.join(', ')}, got "${algorithm}"`)
  }
  const scoreOf = (peer: PeerId, atMs: number) => scoreboard.score(table.rowOf(peer), algorithm, atMs)

  function ranked(): ScoredPeer[] {
    const atMs = clock.wall()
    return [...table.peers()].map((peer) => ({ peer, score: scoreOf(peer, atMs) })).sort((a, b) => b.score - a.score)
  }

  return {
    addPeer(peer, claims) {
      const atMs = clock.wall()
      table.add(peer, atMs)
      if (claims !== undefined) table.observe(peer, { kind: 'claims', claims }, atMs)
    },
    removePeer: (peer) => table.remove(peer),
    peerScore: (peer) => (table.has(peer) ? scoreOf(peer, clock.wall()) : undefined),
    peerMetrics: (peer) => (table.has(peer) ? table.evidence(table.rowOf(peer), clock.wall()) : undefined),
    bestPeers(n) {
      checkInteger('n', n, { min: 1 })
      return ranked().slice(0, n)
    },
    summary: () => summarise(table, ranked(), clock.wall())
  }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

function summarise(table: PeerTable, ranked: readonly ScoredPeer[], atMs: number): PeerSummary {
  const evidence = ranked.map(({ peer }) => table.evidence(table.rowOf(peer), atMs))
  const gpus: Record<string, number> = {}
  for (const { claims } of evidence) {
    const gpu = claims?.gpuModel ?? ''
    if (gpu !== '') gpus[gpu] = (gpus[gpu] ?? 0) + 1
  }
  return {
    peers: ranked.length,
    connected: evidence.filter(({ sessions }) => sessions.connected).length,
    meanScore: mean(ranked.map(({ score }) => score)),
    bestScore: ranked[0]?.score,
    worstScore: ranked.at(-1)?.score,
    meanRttMs: mean(evidence.map(({ roundTrip }) => roundTrip.meanMs).filter((ms) => ms !== undefined)),
    gpus
  }
}
