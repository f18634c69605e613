import { decayFactor } from '../decay.ts'
import type { TopicScoreParams } from '../score-params.ts'
import { checkPeerScoreParams, checkPeerScoreThresholds } from '../validate.ts'
import { NO_MESH_DELIVERIES, type ScorePreset } from './preset.ts'

const DECAY_INTERVAL_MS = 1000
const DECAY_TO_ZERO = 0.01
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What the application thinks of peers by their role. */
export interface LotusInputs {
  /** Roles of peers that have one. @default nobody */
  readonly roleOf?: (peer: string) => 'bootstrapper' | 'drand-bootstrapper' | undefined
}

const ROLE_SCORES = { bootstrapper: 2500, 'drand-bootstrapper': 1500 }

function decayOver(timeMs: number): number {
  return decayFactor('decay-to-zero', timeMs / DECAY_INTERVAL_MS, DECAY_TO_ZERO)
}

/**
 * In the manner of Lotus (`node/modules/lp2p/pubsub.go`, 2026): all constants, deficits of deliveries off. Lotus means time in the mesh to
 * count for an hour and caps it at one quantum, a second; that is kept.
 */
export function lotusPreset({ roleOf }: LotusInputs = {}): ScorePreset {
  const params = checkPeerScoreParams({
    topics: {
      blocks: topicOf({ topicWeight: 0.1, timeInMeshWeight: 0.00027, first: { weight: 5, timeMs: HOUR_MS, cap: 100 } }),
      messages: topicOf({
        topicWeight: 0.1,
        timeInMeshWeight: 0.0002778,
        first: { weight: 0.5, timeMs: 10 * MINUTE_MS, cap: 100 }
      }),
      drand: topicOf({ topicWeight: 0.5, timeInMeshWeight: 0.00027, first: { weight: 5, timeMs: HOUR_MS, cap: 25 } })
    },
    topicScoreCap: 0,
    appSpecificScore: (peer) => {
      const role = roleOf?.(peer)
      return role === undefined ? 0 : ROLE_SCORES[role]
    },
    appSpecificWeight: 1,
    IPColocationFactorWeight: -100,
    IPColocationFactorThreshold: 5,
    IPColocationFactorWhitelist: new Set(),
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: decayOver(HOUR_MS),
    decayInterval: DECAY_INTERVAL_MS,
    decayToZero: DECAY_TO_ZERO,
    retainScore: 6 * HOUR_MS
  })
  const thresholds = checkPeerScoreThresholds({
    gossipThreshold: -500,
    publishThreshold: -1000,
    graylistThreshold: -2500,
    acceptPXThreshold: 1000,
    opportunisticGraftThreshold: 3.5
  })
  return { params, thresholds }
}

interface LotusTopic {
  readonly topicWeight: number
  readonly timeInMeshWeight: number
  readonly first: { readonly weight: number; readonly timeMs: number; readonly cap: number }
}

function topicOf({ topicWeight, timeInMeshWeight, first }: LotusTopic): TopicScoreParams {
  return {
    topicWeight,
    timeInMeshWeight,
    timeInMeshQuantum: 1000,
    timeInMeshCap: 1,
    firstMessageDeliveriesWeight: first.weight,
    firstMessageDeliveriesDecay: decayOver(first.timeMs),
    firstMessageDeliveriesCap: first.cap,
    ...NO_MESH_DELIVERIES,
    invalidMessageDeliveriesWeight: -1000,
    invalidMessageDeliveriesDecay: decayOver(HOUR_MS)
  }
}
