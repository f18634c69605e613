/** How implementations of gossipsub read what its specification leaves open, or get wrong. */
export interface ScoreRules {
  /** P1 counts whole quanta of time in the mesh, or parts of them too. */
  readonly timeInMesh: 'whole' | 'real'
  /** Whether a peer that was pruned goes on being judged by its deficit (P3), on top of the penalty for it (P3b), until it is grafted again. */
  readonly activeAfterPrune: boolean
  /** Whether a peer that comes back finds the score with which it left. */
  readonly onReconnect: 'keep' | 'wipe'
  /** What stands for an IPv6 address in P6: itself, or its /64 too. */
  readonly ipv6: 'exact' | 'with-subnet'
  /** Whether a whitelist may hold networks such as 10.0.0.0/8, or only addresses. */
  readonly whitelist: 'exact' | 'networks'
  /** Whether P2 is cut to its cap when scored too, which matters only after the cap was lowered. */
  readonly recapped: boolean
}

export type ScoreVariant = 'specification' | 'go' | 'js' | 'rust'

/**
 * The rules of the specification (gossipsub v1.1, "Peer Scoring") and of its implementations: go-libp2p-pubsub `score.go`,
 * `@libp2p/gossipsub` 17.1.1 `score/`, rust-libp2p `peer_score.rs`. The specification wants the score of a peer that left kept; so does
 * this project.
 */
export const SCORE_RULES: Readonly<Record<ScoreVariant, ScoreRules>> = {
  specification: {
    timeInMesh: 'whole',
    activeAfterPrune: false,
    onReconnect: 'keep',
    ipv6: 'exact',
    whitelist: 'networks',
    recapped: true
  },
  go: {
    timeInMesh: 'whole',
    activeAfterPrune: true,
    onReconnect: 'keep',
    ipv6: 'with-subnet',
    whitelist: 'networks',
    recapped: false
  },
  js: {
    timeInMesh: 'real',
    activeAfterPrune: false,
    onReconnect: 'wipe',
    ipv6: 'exact',
    whitelist: 'exact',
    recapped: true
  },
  rust: {
    timeInMesh: 'real',
    activeAfterPrune: false,
    onReconnect: 'keep',
    ipv6: 'exact',
    whitelist: 'exact',
    recapped: true
  }
}
