import type { ActivationCheck } from './long-run.ts'
import type { TopicScoreParams } from './score-params.ts'
import type { ResolvedTopicDesign } from './topic-design.ts'

/** Where a counter of deliveries ends, for one delivery in every decay interval. */
export interface CounterFigures {
  /** What the threshold and the weights were made from: the steady state at the design's moment. */
  readonly multiplier: number
  /** What the cap was made from: the steady state before a decay, for counters are capped where they are added to. */
  readonly capMultiplier: number
  /** Σ decayⁿ over the decay time. */
  readonly truncated: number
  readonly steadyBeforeDecay: number
  readonly steadyAfterDecay: number
  /** Decay intervals until no more than `decayToZero` is left of a counter. */
  readonly ticksToZero: number
}

/** A topic's parameters, and what they come to. */
export interface TopicScoreDesign {
  readonly design: ResolvedTopicDesign
  readonly params: TopicScoreParams
  /** Messages a decay interval that a peer is expected to deliver first, in the largest mesh and in one as it should be. */
  readonly deliveriesPerTick: { readonly low: number; readonly high: number }
  readonly firstDeliveries: CounterFigures
  readonly meshDeliveries: CounterFigures
  readonly activation: ActivationCheck
  readonly longRun: {
    /** Score, before the topic's weight, of a peer that delivers `zeroShare` of the lower rate for good: 0 if the design holds. */
    readonly scoreAtZeroShare: number
    /** The share of the lower rate at which the score is 0 in the long run. */
    readonly crossingShare: number
  }
  /**
   * The gossip threshold must be no higher, or a pruned peer gets no gossip for its failures in the mesh alone. Where P3 counts on beside
   * P3b after a PRUNE (go-libp2p-pubsub) it is twice that of @libp2p/gossipsub.
   */
  readonly gossipThreshold: { readonly js: number; readonly go: number }
  readonly warnings: readonly DesignWarning[]
}

/** Something that a design's parameters do and that its author may not expect. */
export interface DesignWarning {
  readonly code: 'activation' | 'after-decay' | 'chance' | 'long-run'
  readonly message: string
}
