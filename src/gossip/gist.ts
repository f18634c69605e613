import type { TopicScoreParams } from './score-params.ts'
import type { SteadyState, TopicDesign } from './topic-design.ts'

// The gist "Calculating Peer Score Configuration Parameters" by vyzo, March 2020: what it starts from, and what it prints.

/** What the gist starts from, with exact decays. */
export const GIST_INPUTS = {
  messagesPerSecond: 120,
  meshDegree: 6,
  meshDegreeHigh: 12,
  convention: 'one-part-in-n',
  decayIntervalMs: 1000,
  decayToZero: 0.01,
  firstDeliveryDecay: { timeMs: 120_000 },
  meshDeliveryDecay: { timeMs: 30_000 },
  failurePenaltyDecay: { timeMs: 300_000 },
  invalidMessageDecay: { timeMs: 1_800_000 },
  activationMs: 30_000,
  timeInMeshQuantumMs: 1000,
  timeInMeshCap: 3600,
  maxTimeInMeshScore: 1,
  maxMeshPenalty: 1000,
  zeroShare: 0.5,
  invalidMessages: 10
} as const satisfies TopicDesign

/** It rounds the sums of its two counters, 75.8 and 19.97, to 75 and 20. */
const ROUNDED_TO = 5

/** The gist's design as it goes on: with its own roundings of the four decays and of the two truncated sums. */
export const GIST_DESIGN = {
  ...GIST_INPUTS,
  firstDeliveryDecay: { ...GIST_INPUTS.firstDeliveryDecay, factor: 0.9916, roundTo: ROUNDED_TO },
  meshDeliveryDecay: { ...GIST_INPUTS.meshDeliveryDecay, factor: 0.97, roundTo: ROUNDED_TO },
  failurePenaltyDecay: { ...GIST_INPUTS.failurePenaltyDecay, factor: 0.997 },
  invalidMessageDecay: { ...GIST_INPUTS.invalidMessageDecay, factor: 0.9994 }
} as const satisfies TopicDesign

/** The design of the gist with the steady state that it takes, `truncated`, or with the true one. */
export function gistDesign(steadyState: SteadyState): TopicDesign {
  return { ...GIST_DESIGN, steadyState }
}

/** The gist's summary as it is printed. It has neither a weight of the topic nor a window. */
export const GIST_PUBLISHED = {
  timeInMeshWeight: 0.0027,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 3600,
  firstMessageDeliveriesWeight: 0.664,
  firstMessageDeliveriesDecay: 0.9916,
  firstMessageDeliveriesCap: 1500,
  meshMessageDeliveriesWeight: -0.25,
  meshMessageDeliveriesDecay: 0.97,
  meshMessageDeliveriesCap: 400,
  meshMessageDeliveriesThreshold: 200,
  meshMessageDeliveriesActivation: 30_000,
  meshFailurePenaltyWeight: -0.25,
  meshFailurePenaltyDecay: 0.997,
  invalidMessageDeliveriesWeight: -99,
  invalidMessageDeliveriesDecay: 0.9994
} as const satisfies Partial<TopicScoreParams>

/** What the gist prints on its way there. */
export const GIST_WORKING = {
  timeInMeshDivisor: 3660,
  squaredDeficitAtHalf: 1000,
  largestSquaredDeficit: 4000,
  firstDeliveryMultiplier: 75,
  meshDeliveryMultiplier: 20,
  gossipThreshold: -1000,
  invalidMessageDeliveriesWeight: -99.6
} as const

const PUBLISHED: Readonly<Partial<Record<keyof TopicScoreParams, number>>> = GIST_PUBLISHED

/** Enough fields to know the set by. */
const TELLING: readonly (keyof TopicScoreParams)[] = [
  'timeInMeshWeight',
  'firstMessageDeliveriesWeight',
  'meshMessageDeliveriesWeight',
  'meshMessageDeliveriesThreshold',
  'invalidMessageDeliveriesWeight'
]

/** Whether a set of parameters is the gist's, as far as it goes; the weight of invalid messages may be the one of its text, −99.6. */
export function isGistPublished(params: Partial<TopicScoreParams>): boolean {
  const same = (field: keyof TopicScoreParams) =>
    params[field] === PUBLISHED[field] ||
    (field === 'invalidMessageDeliveriesWeight' && params[field] === GIST_WORKING.invalidMessageDeliveriesWeight)
  return (
    TELLING.every(same) &&
    (Object.keys(PUBLISHED) as (keyof TopicScoreParams)[]).every((field) => !(field in params) || same(field))
  )
}
