import { checkNonNegative } from '../core/check.ts'
import { counterFigures, deliveriesPerTick, designTopicScore } from './calculator.ts'
import { counterAfter, ticksUntil } from './decay.ts'
import { type GistSlip, gistSlips } from './gist-slips.ts'
import { GIST_PUBLISHED, isGistPublished } from './gist.ts'
import { activationCheck, crossingShare, longRunScore } from './long-run.ts'
import type { TopicScoreParams } from './score-params.ts'
import type { CounterFigures } from './topic-score-design.ts'
import { TOPIC_SCORE_FIELDS } from './fields.ts'
import type { ResolvedDecay, ResolvedTopicDesign, TopicDesign } from './topic-design.ts'
import { checkSomeTopicScoreParams } from './validate.ts'
import { short } from './warnings.ts'

/** An equation of the design that a set of parameters misses. */
export interface ParamsMiss {
  readonly field: keyof TopicScoreParams
  /** What the set comes to. undefined where the field is missing. */
  readonly came?: number
  /** What the design wants in its place, the other fields being as they are. */
  readonly wanted: number
  readonly why: string
}

export interface ParamsCheck {
  readonly misses: readonly ParamsMiss[]
  /** Score, before the topic's weight, of a peer that delivers the design's `zeroShare` for good. undefined if a field for it is missing. */
  readonly scoreAtZeroShare?: number
  /** The share of the expected deliveries at which the score is 0 in the long run. */
  readonly crossingShare?: number
  /** Where the set is the one that the gist prints: every slip of it. */
  readonly slips: readonly GistSlip[]
}

export interface ParamsCheckOptions {
  /** How far, relative to what is wanted, a value may be off: published sets are rounded. 0 or more @default 0.005 */
  readonly tolerance?: number
}

const TOLERANCE = 0.005

/**
 * Where a topic's parameters miss the equations of the design that they are said to be for (those of `topicScoreParams`). Fields may be
 * missing; that is a miss, and equations that need them are left out.
 * @throws ERR_INVALID_OPTION for a design or a parameter that is out of range
 */
export function checkParamsAgainst(
  params: Partial<TopicScoreParams>,
  options: TopicDesign,
  { tolerance = TOLERANCE }: ParamsCheckOptions = {}
): ParamsCheck {
  const { design, params: designed } = designTopicScore(options)
  checkNonNegative('tolerance', tolerance)
  checkSomeTopicScoreParams(params)
  const published = isGistPublished(params)
  // The gist gives in its text what its summary may lack.
  const set = published ? { ...GIST_PUBLISHED, ...params } : params
  const found = [
    ...boundMisses(set, design),
    ...steadyMisses(set, design),
    ...decayMisses(set, design),
    ...longRunMisses(set, design)
  ]
  const missing = TOPIC_SCORE_FIELDS.filter((field) => set[field] === undefined)
  const misses = [
    ...found.filter((miss) => miss !== undefined).filter((miss) => isOff(miss, tolerance)),
    ...missing.map((field) => missingField(field, designed))
  ]
  return { misses, ...longRunFigures(set, design), slips: published ? gistSlips() : [] }
}

/** Decays are compared by their time constants: 0.99 and 0.999 are far from each other. */
function isOff({ field, came = NaN, wanted }: ParamsMiss, tolerance: number): boolean {
  const [a, b] = field.endsWith('Decay') ? [1 - came, 1 - wanted] : [came, wanted]
  return !(Math.abs(a - b) <= tolerance * Math.abs(b))
}

type Set = Partial<TopicScoreParams>
type Found = ParamsMiss | undefined

/** A miss, if it is one, where all that it needs is there. */
function compare(field: keyof TopicScoreParams, came: number | undefined, wanted: number, why: string): Found {
  return came === undefined || Number.isNaN(wanted) ? undefined : { field, came, wanted, why }
}

function boundMisses(set: Set, design: ResolvedTopicDesign): Found[] {
  const { timeInMeshCap = NaN, meshMessageDeliveriesThreshold = NaN, meshMessageDeliveriesWeight = NaN } = set
  const { firstMessageDeliveriesWeight = NaN, firstMessageDeliveriesCap = NaN } = set
  const { maxTimeInMeshScore, maxMeshPenalty, invalidMessages } = design
  const capScore = firstMessageDeliveriesWeight * firstMessageDeliveriesCap
  const { timeInMeshWeight: w1 = NaN, invalidMessageDeliveriesWeight: w4 = NaN } = set
  return [
    compare(
      'timeInMeshWeight',
      set.timeInMeshWeight,
      maxTimeInMeshScore / timeInMeshCap,
      `time in the mesh brings up to ${short(w1 * timeInMeshCap)}, and should bring ${short(maxTimeInMeshScore)}`
    ),
    compare(
      'meshMessageDeliveriesWeight',
      set.meshMessageDeliveriesWeight,
      -maxMeshPenalty / meshMessageDeliveriesThreshold ** 2,
      `the largest deficit costs ${short(-meshMessageDeliveriesWeight * meshMessageDeliveriesThreshold ** 2)}, and should cost ` +
        short(maxMeshPenalty)
    ),
    compare(
      'meshFailurePenaltyWeight',
      set.meshFailurePenaltyWeight,
      -maxMeshPenalty / meshMessageDeliveriesThreshold ** 2,
      'the counter of P3b holds squared deficits: its weight is that of P3, so that it costs no more'
    ),
    compare(
      'invalidMessageDeliveriesWeight',
      set.invalidMessageDeliveriesWeight,
      0 - capScore / invalidMessages ** 2,
      `P4 is squared: ${short(Math.sqrt(capScore / -w4))} invalid messages cancel the cap of first deliveries, ${short(capScore)}, and ` +
        `${short(invalidMessages)} should`
    )
  ]
}

function steadyMisses(set: Set, design: ResolvedTopicDesign): Found[] {
  const { low, high } = deliveriesPerTick(design)
  const first = figuresOf(set.firstMessageDeliveriesDecay, design.firstDeliveryDecay, design)
  const mesh = figuresOf(set.meshMessageDeliveriesDecay, design.meshDeliveryDecay, design)
  const why = (multiplier: number, perTick: number) =>
    `the ${design.steadyState} steady state is ${short(multiplier)} times the ${short(perTick)} messages that are expected of a peer in a ` +
    'decay interval'
  const threshold = thresholdFor(set, design, mesh.multiplier * low)
  return [
    compare(
      'firstMessageDeliveriesCap',
      set.firstMessageDeliveriesCap,
      first.capMultiplier * high,
      why(first.capMultiplier, high)
    ),
    compare('meshMessageDeliveriesThreshold', set.meshMessageDeliveriesThreshold, threshold, why(mesh.multiplier, low)),
    compare('meshMessageDeliveriesCap', set.meshMessageDeliveriesCap, mesh.capMultiplier * high, why(mesh.capMultiplier, high))
  ]
}

/** With the decay that the set has. */
function figuresOf(factor: number | undefined, decay: ResolvedDecay, design: ResolvedTopicDesign): CounterFigures {
  return counterFigures({ ...decay, factor: factor ?? NaN }, design)
}

function thresholdFor(set: Set, design: ResolvedTopicDesign, steady: number): number {
  if (!design.scaleThreshold) return steady
  const { meshMessageDeliveriesDecay = NaN, meshMessageDeliveriesActivation = NaN } = set
  const ticks = Math.floor(meshMessageDeliveriesActivation / design.decayIntervalMs)
  return Math.min(steady, counterAfter(meshMessageDeliveriesDecay, deliveriesPerTick(design).low, ticks, 'after-decay'))
}

const DECAYS = [
  ['firstMessageDeliveriesDecay', 'firstDeliveryDecay'],
  ['meshMessageDeliveriesDecay', 'meshDeliveryDecay'],
  ['meshFailurePenaltyDecay', 'failurePenaltyDecay'],
  ['invalidMessageDeliveriesDecay', 'invalidMessageDecay']
] as const

function decayMisses(set: Set, design: ResolvedTopicDesign): Found[] {
  return DECAYS.map(([field, name]) => {
    const came = set[field] ?? NaN
    const { timeMs, ticks, factor } = design[name]
    const seconds = (ticksUntil(came, design.decayToZero) * design.decayIntervalMs) / 1000
    return compare(
      field,
      set[field],
      factor,
      `after ${short(timeMs / 1000)} s, ${short(100 * came ** ticks)} % of the counter is left, and ${design.decayToZero} of it after ` +
        `${short(seconds)} s; ${design.convention} wants ${short(100 * factor ** ticks)} % after ${short(timeMs / 1000)} s`
    )
  })
}

const LONG_RUN_FIELDS = [
  'timeInMeshWeight',
  'timeInMeshCap',
  'firstMessageDeliveriesWeight',
  'firstMessageDeliveriesDecay',
  'firstMessageDeliveriesCap',
  'meshMessageDeliveriesWeight',
  'meshMessageDeliveriesDecay',
  'meshMessageDeliveriesCap',
  'meshMessageDeliveriesThreshold',
  'meshMessageDeliveriesActivation'
] as const satisfies readonly (keyof TopicScoreParams)[]

type LongRunSet = Pick<TopicScoreParams, (typeof LONG_RUN_FIELDS)[number]>

function hasLongRun(set: Set): set is Set & LongRunSet {
  return LONG_RUN_FIELDS.every((field) => set[field] !== undefined)
}

function longRunFigures(set: Set, design: ResolvedTopicDesign): Pick<ParamsCheck, 'scoreAtZeroShare' | 'crossingShare'> {
  if (!hasLongRun(set)) return {}
  const { low } = deliveriesPerTick(design)
  return {
    scoreAtZeroShare: longRunScore(set, design.zeroShare * low, design.moment),
    crossingShare: crossingShare(set, low, design.moment)
  }
}

function longRunMisses(set: Set, design: ResolvedTopicDesign): Found[] {
  if (!hasLongRun(set)) return []
  const { low } = deliveriesPerTick(design)
  const { low: share, first } = designCounters(set, design)
  const deficit = Math.max(0, set.meshMessageDeliveriesThreshold - share)
  const rest = set.timeInMeshWeight * set.timeInMeshCap + set.meshMessageDeliveriesWeight * deficit ** 2
  const crossing = crossingShare(set, low, design.moment)
  const percent = short(100 * design.zeroShare)
  const activation = activationCheck(set, low, design.decayIntervalMs)
  return [
    compare(
      'firstMessageDeliveriesWeight',
      set.firstMessageDeliveriesWeight,
      Math.max(0, 0 - rest) / first,
      `at ${percent} % of the expected deliveries the score should be 0, and is ` +
        `${short(rest + set.firstMessageDeliveriesWeight * first)} in the ${design.steadyState} steady state; in the long run it crosses 0 at ` +
        `${short(100 * crossing)} %`
    ),
    activation.reached
      ? undefined
      : compare(
          'meshMessageDeliveriesActivation',
          set.meshMessageDeliveriesActivation,
          activation.alternatives.activationMs,
          `a peer with exactly the expected deliveries is at ${short(activation.counterAfterDecay)} of threshold ` +
            `${short(activation.threshold)} then and loses ${short(-activation.score)}; or lower the threshold to ` +
            short(activation.alternatives.threshold)
        )
  ]
}

/** The counters at the design's share, in the steady state that the design takes. */
function designCounters(set: LongRunSet, design: ResolvedTopicDesign): { low: number; first: number } {
  const perTick = design.zeroShare * deliveriesPerTick(design).low
  return {
    low: perTick * figuresOf(set.meshMessageDeliveriesDecay, design.meshDeliveryDecay, design).multiplier,
    first: perTick * figuresOf(set.firstMessageDeliveriesDecay, design.firstDeliveryDecay, design).multiplier
  }
}

function missingField(field: keyof TopicScoreParams, designed: TopicScoreParams): ParamsMiss {
  return {
    field,
    wanted: designed[field],
    why: 'is not in the set: clients put a default of their own in its place'
  }
}
