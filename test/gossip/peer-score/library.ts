import { PeerScore } from '@libp2p/gossipsub/score'
import { RejectReason } from '@libp2p/gossipsub/types'
import { defaultLogger } from '@libp2p/logger'
import { vi } from 'vitest'
import type { Rejection, ScoreEvent } from '../../../src/gossip/peer-score/score-event.ts'
import type { PeerScoreParams } from '../../../src/gossip/score-params.ts'

const REASONS: Readonly<Record<Rejection, RejectReason>> = {
  invalid: RejectReason.Reject,
  unverifiable: RejectReason.Error,
  ignored: RejectReason.Ignore,
  // The library knows no throttling; it would report it as a message that the validator ignores.
  throttled: RejectReason.Ignore,
  blacklisted: RejectReason.Blacklisted
}

/** What the penalty was for does not matter without metrics. */
type Label = Parameters<PeerScore['addPenalty']>[2]
const LABEL = 'graft_backoff' as Label

/** The time that `Date.now` shows while a test works with the library. */
export interface LibraryClock {
  nowMs: number
}

/** A time that a clock may show. */
export const START_MS = 1_700_000_000_000

export function withLibraryClock<T>(work: (clock: LibraryClock) => T): T {
  const clock = { nowMs: START_MS }
  const shown = vi.spyOn(Date, 'now').mockImplementation(() => clock.nowMs)
  try {
    return work(clock)
  } finally {
    shown.mockRestore()
  }
}

/** `PeerScore` of `@libp2p/gossipsub` under the model's events. */
export class LibraryScores {
  readonly peerScore: PeerScore
  readonly #applicationScores = new Map<string, number>()

  /** @param cacheMs how long it goes by a score once made */
  constructor(params: PeerScoreParams, cacheMs = 0) {
    const appSpecificScore = (peer: string) => this.#applicationScores.get(peer) ?? params.appSpecificScore(peer)
    this.peerScore = new PeerScore({ ...params, appSpecificScore }, null, defaultLogger(), { scoreCacheValidityMs: cacheMs })
  }

  score(peer: string): number {
    return this.peerScore.score(peer)
  }

  apply(event: ScoreEvent): void {
    if ('message' in event) this.#message(event)
    else if ('ip' in event || 'topic' in event) this.#move(event)
    else this.#change(event)
    // Whom the library has forgotten, nobody has an opinion of.
    for (const peer of this.#applicationScores.keys()) {
      if (!this.peerScore.peerStats.has(peer)) this.#applicationScores.delete(peer)
    }
  }

  #change(event: Exclude<ScoreEvent, { message: string } | { ip: string } | { topic: string }>): void {
    switch (event.kind) {
      case 'connected':
        this.#connect(event.peer)
        break
      case 'left':
        this.peerScore.removePeer(event.peer)
        break
      case 'penalty':
        this.peerScore.addPenalty(event.peer, event.count, LABEL)
        break
      case 'application-score':
        if (this.peerScore.peerStats.has(event.peer)) this.#applicationScores.set(event.peer, event.score)
        break
      case 'decay':
        this.peerScore.background()
        break
    }
  }

  /** Around two of the divergences: addresses of peers that come back, and of those that are not known, stay for ever. */
  #connect(peer: string): void {
    for (const ip of [...(this.peerScore.peerStats.get(peer)?.knownIPs ?? [])]) this.peerScore.removeIP(peer, ip)
    this.peerScore.addPeer(peer)
  }

  #move(event: Extract<ScoreEvent, { ip: string } | { kind: 'graft' | 'prune' }>): void {
    if (event.kind === 'graft') this.peerScore.graft(event.peer, event.topic)
    else if (event.kind === 'prune') this.peerScore.prune(event.peer, event.topic)
    else if (event.kind === 'address-gone') this.peerScore.removeIP(event.peer, event.ip)
    else if (this.peerScore.peerStats.has(event.peer)) this.peerScore.addIP(event.peer, event.ip)
  }

  #message(event: Extract<ScoreEvent, { message: string }>): void {
    switch (event.kind) {
      case 'validate':
        this.peerScore.validateMessage(event.message)
        break
      case 'deliver':
        this.peerScore.deliverMessage(event.peer, event.message, event.topic)
        break
      case 'duplicate':
        this.peerScore.duplicateMessage(event.peer, event.message, event.topic)
        break
      case 'reject':
        this.peerScore.rejectMessage(event.peer, event.message, event.topic, REASONS[event.reason])
        break
    }
  }
}
