import type { PeerScoreParams, PeerScoreThresholds } from '../score-params.ts'

/** The numbers of a whole score's parameters. */
export const PEER_FIELDS = [
  'topicScoreCap',
  'appSpecificWeight',
  'IPColocationFactorWeight',
  'IPColocationFactorThreshold',
  'behaviourPenaltyWeight',
  'behaviourPenaltyThreshold',
  'behaviourPenaltyDecay',
  'decayInterval',
  'decayToZero',
  'retainScore'
] as const satisfies readonly (keyof PeerScoreParams)[]

export const THRESHOLD_FIELDS = [
  'gossipThreshold',
  'publishThreshold',
  'graylistThreshold',
  'acceptPXThreshold',
  'opportunisticGraftThreshold'
] as const satisfies readonly (keyof PeerScoreThresholds)[]
