import type { GossipSub, MeshPeer } from '@libp2p/gossipsub'
import type { PeerScore } from '@libp2p/gossipsub/score'
import { checkInteger } from '../../core/check.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { internalsOf } from './internals.ts'

export interface ScoreRepairsOptions {
  /** Peers that left whose scores are kept, ≥ 1. Beyond them the least bad are forgotten. @default 10_000 */
  readonly maxRetained?: number
  readonly clock?: Clock
}

const DEFAULTS = { maxRetained: 10_000, clock: systemClock } as const satisfies ScoreRepairsOptions

/** Share of the retained that goes at once when there are too many, so that they need not be sorted for every one. */
const EVICTED_RATIO = 0.1

/** What a peer that left stands for. */
type Stats = NonNullable<ReturnType<PeerScore['peerStats']['get']>>

/**
 * Makes `@libp2p/gossipsub` 17.1.1 keep scores as the specification has them:
 *
 * - a peer that comes back finds the score that it left with (the library gives it a new one, so that connecting anew sheds a bad one),
 *   and is counted at its new address only;
 * - a peer that was in the mesh from the moment of subscribing is scored as such (the library forgets to say so, and then neither time in
 *   the mesh nor a deficit counts);
 * - whether a leaving peer's score is good is not read from the cache, and nothing of a peer stays there for ever;
 * - the memory of peers that left is bounded: a peer with nothing against it leaves none.
 *
 * To be called once, before the node starts.
 * @throws ERR_INVALID_OPTION
 */
export function repairScores(gossip: GossipSub, options: ScoreRepairsOptions = {}): void {
  const { maxRetained, clock } = { ...DEFAULTS, ...options }
  checkInteger('maxRetained', maxRetained, { min: 1 })
  const { score, mesh } = internalsOf(gossip)
  new RetainedScores(score, maxRetained, clock).install()
  gossip.addEventListener('gossipsub:graft', ({ detail: { peerId, topic } }: CustomEvent<MeshPeer>) => {
    // The event tells of refused requests too.
    const isInMesh = mesh.get(topic)?.has(peerId) === true
    const stats = score.peerStats.get(peerId)
    if (isInMesh && stats !== undefined && !isScoredInMesh(stats, topic)) score.graft(peerId, topic)
  })
}

function isScoredInMesh({ topics }: Stats, topic: string): boolean {
  return Object.hasOwn(topics, topic) && topics[topic].inMesh
}

/** Whether anything speaks against a peer. */
function isSpotless(stats: Stats): boolean {
  const counters = Object.values(stats.topics)
  return (
    stats.behaviourPenalty === 0 &&
    counters.every(({ meshFailurePenalty, invalidMessageDeliveries }) => meshFailurePenalty + invalidMessageDeliveries === 0)
  )
}

class RetainedScores {
  readonly #score: PeerScore
  readonly #maxRetained: number
  readonly #clock: Clock
  readonly #retained = new Set<string>()

  constructor(score: PeerScore, maxRetained: number, clock: Clock) {
    this.#score = score
    this.#maxRetained = maxRetained
    this.#clock = clock
  }

  install(): void {
    const score = this.#score
    const addPeer = score.addPeer.bind(score)
    const removePeer = score.removePeer.bind(score)
    score.addPeer = (id) => {
      this.#comeBack(id, addPeer)
    }
    score.removePeer = (id) => {
      score.scoreCache.delete(id)
      removePeer(id)
      score.scoreCache.delete(id)
      this.#retain(id)
    }
  }

  #comeBack(id: string, addPeer: (id: string) => void): void {
    const { peerStats, scoreCache } = this.#score
    const before = peerStats.get(id)
    for (const ip of [...(before?.knownIPs ?? [])]) this.#score.removeIP(id, ip)
    addPeer(id)
    scoreCache.delete(id)
    this.#retained.delete(id)
    if (before === undefined || (!before.connected && this.#clock.wall() > before.expire)) return
    peerStats.set(id, { ...before, connected: true, expire: 0, knownIPs: new Set() })
  }

  #retain(id: string): void {
    const stats = this.#score.peerStats.get(id)
    if (stats === undefined) return
    if (isSpotless(stats)) {
      this.#forget(id, stats)
      return
    }
    this.#retained.add(id)
    if (this.#retained.size > this.#maxRetained) this.#evict()
  }

  #evict(): void {
    const { peerStats, scoreCache } = this.#score
    const known: { readonly id: string; readonly stats: Stats; readonly score: number }[] = []
    for (const id of this.#retained) {
      const stats = peerStats.get(id)
      // Whose time was over, gossipsub has forgotten already.
      if (stats === undefined || stats.connected) this.#retained.delete(id)
      else {
        known.push({ id, stats, score: this.#score.score(id) })
        scoreCache.delete(id)
      }
    }
    if (known.length <= this.#maxRetained) return
    known.sort((a, b) => b.score - a.score)
    for (const { id, stats } of known.slice(0, Math.max(1, Math.floor(known.length * EVICTED_RATIO)))) this.#forget(id, stats)
  }

  #forget(id: string, { knownIPs }: Stats): void {
    for (const ip of [...knownIPs]) this.#score.removeIP(id, ip)
    this.#score.peerStats.delete(id)
    this.#score.scoreCache.delete(id)
    this.#retained.delete(id)
  }
}
