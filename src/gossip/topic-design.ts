import { checkFinite, checkInteger, checkNonNegative, checkOneOf, checkPositive, checkRatio, show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { COUNTER_MOMENTS, type CounterMoment, DECAY_CONVENTIONS, type DecayConvention, decayFactor } from './decay.ts'

/**
 * What is taken for the steady state of a counter.
 * - `true`: where it ends, 1/(1 − decay) times what comes in an interval.
 * - `truncated`: where it is after its decay time, Σ decayⁿ for n below that many intervals (the gist of seed 001; 63 % of the true one).
 */
export const STEADY_STATES = ['true', 'truncated'] as const
export type SteadyState = (typeof STEADY_STATES)[number]

/** How fast a counter is forgotten. */
export interface CounterDecay {
  /** Decay time, ms ≥ 1 */
  readonly timeMs: number
  /** The factor of one interval, 0–1, in place of what the convention makes of the time. */
  readonly factor?: number
  /** The truncated steady state is rounded to multiples of this, as the gist does by eye; 0 for not at all. @default 0 */
  readonly roundTo?: number
}

/** What a topic's parameters are made from. */
export interface TopicDesign {
  /** All messages of the topic in a second, > 0 */
  readonly messagesPerSecond: number
  /** D, peers of a mesh as it should be. ≥ 1 */
  readonly meshDegree: number
  /** D_hi, peers of the largest mesh. ≥ D */
  readonly meshDegreeHigh: number
  /** @default 'one-part-in-n' */
  readonly convention?: DecayConvention
  /** @default 'true' */
  readonly steadyState?: SteadyState
  /** When the threshold holds, and the score is 0 at `zeroShare`; scores are seen after decays. @default 'before-decay' */
  readonly moment?: CounterMoment
  /** ms ≥ 1000 @default 1000 */
  readonly decayIntervalMs?: number
  /** 0–1, both excluded @default 0.01 */
  readonly decayToZero?: number
  /** P2 @default 2 min */
  readonly firstDeliveryDecay?: CounterDecay
  /** P3 @default 30 s */
  readonly meshDeliveryDecay?: CounterDecay
  /** P3b @default 5 min */
  readonly failurePenaltyDecay?: CounterDecay
  /** P4 @default 30 min */
  readonly invalidMessageDecay?: CounterDecay
  /** Time in the mesh before a deficit counts, ms ≥ 1000 @default 30 s */
  readonly activationMs?: number
  /** How late after the first a delivery still counts, ms ≥ 0 @default 10 */
  readonly windowMs?: number
  /** One quantum of time in the mesh, ms ≥ 1 @default 1000 */
  readonly timeInMeshQuantumMs?: number
  /** Quanta that count, > 0 @default 3600 */
  readonly timeInMeshCap?: number
  /** Most that time in the mesh can bring, ≥ 0 @default 1 */
  readonly maxTimeInMeshScore?: number
  /** Most that a deficit of deliveries can take away, > 0 @default 1000 */
  readonly maxMeshPenalty?: number
  /** The share of the expected deliveries at which a peer that was long in the mesh has score 0; 0–1, both excluded @default 0.5 */
  readonly zeroShare?: number
  /** So many invalid messages cancel the cap of first deliveries, > 0 @default 10 */
  readonly invalidMessages?: number
  /** What the topic counts for in the peer's score; the bounds hold before it. ≥ 0 @default 1 */
  readonly topicWeight?: number
  /** Lowers the threshold to what a peer with the expected deliveries has when its mesh membership is activated. @default false */
  readonly scaleThreshold?: boolean
}

/** A design with nothing left open, decay times as factors. */
export interface ResolvedTopicDesign extends Required<Omit<TopicDesign, DecayName>> {
  readonly firstDeliveryDecay: ResolvedDecay
  readonly meshDeliveryDecay: ResolvedDecay
  readonly failurePenaltyDecay: ResolvedDecay
  readonly invalidMessageDecay: ResolvedDecay
}

export interface ResolvedDecay extends Required<CounterDecay> {
  /** Decay intervals in the decay time. */
  readonly ticks: number
}

type DecayName = 'firstDeliveryDecay' | 'meshDeliveryDecay' | 'failurePenaltyDecay' | 'invalidMessageDecay'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

const DEFAULTS = {
  convention: 'one-part-in-n',
  steadyState: 'true',
  moment: 'before-decay',
  decayIntervalMs: SECOND_MS,
  decayToZero: 0.01,
  firstDeliveryDecay: { timeMs: 2 * MINUTE_MS },
  meshDeliveryDecay: { timeMs: 30 * SECOND_MS },
  failurePenaltyDecay: { timeMs: 5 * MINUTE_MS },
  invalidMessageDecay: { timeMs: 30 * MINUTE_MS },
  activationMs: 30 * SECOND_MS,
  windowMs: 10,
  timeInMeshQuantumMs: SECOND_MS,
  timeInMeshCap: 3600,
  maxTimeInMeshScore: 1,
  maxMeshPenalty: 1000,
  zeroShare: 0.5,
  invalidMessages: 10,
  topicWeight: 1,
  scaleThreshold: false
} as const satisfies Omit<Required<TopicDesign>, 'messagesPerSecond' | 'meshDegree' | 'meshDegreeHigh'>

/** Beyond it the arithmetic of doubles is no longer what it should be. */
const MOST_TICKS = 1e9

export function checkOpenRatio(name: string, value: number): number {
  if (!(value > 0 && value < 1)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${name} must be above 0 and below 1, got ${show(value)}`)
  }
  return value
}

/** Fills in the defaults. @throws ERR_INVALID_OPTION naming the option, what it must be, and what came */
export function resolveDesign(design: TopicDesign): ResolvedTopicDesign {
  const given = Object.fromEntries(Object.entries(design).filter(([, value]) => value !== undefined)) as unknown as TopicDesign
  const filled = { ...DEFAULTS, ...given }
  checkChoices(filled)
  checkRates(filled)
  checkTimes(filled)
  checkBounds(filled)
  return {
    ...filled,
    firstDeliveryDecay: resolveDecay('firstDeliveryDecay', filled),
    meshDeliveryDecay: resolveDecay('meshDeliveryDecay', filled),
    failurePenaltyDecay: resolveDecay('failurePenaltyDecay', filled),
    invalidMessageDecay: resolveDecay('invalidMessageDecay', filled)
  }
}

type Filled = Required<TopicDesign>

function checkChoices({ convention, steadyState, moment }: Filled): void {
  checkOneOf('convention', convention, DECAY_CONVENTIONS)
  checkOneOf('steadyState', steadyState, STEADY_STATES)
  checkOneOf('moment', moment, COUNTER_MOMENTS)
}

function checkRates({ messagesPerSecond, meshDegree, meshDegreeHigh }: Filled): void {
  checkPositive('messagesPerSecond', messagesPerSecond)
  checkInteger('meshDegree', meshDegree, { min: 1 })
  checkInteger('meshDegreeHigh', meshDegreeHigh, { min: meshDegree })
}

function checkTimes(design: Filled): void {
  checkInteger('decayIntervalMs', design.decayIntervalMs, { min: SECOND_MS })
  checkOpenRatio('decayToZero', design.decayToZero)
  checkInteger('activationMs', design.activationMs, { min: SECOND_MS })
  checkInteger('windowMs', design.windowMs)
  checkInteger('timeInMeshQuantumMs', design.timeInMeshQuantumMs, { min: 1 })
}

function checkBounds(design: Filled): void {
  checkPositive('timeInMeshCap', design.timeInMeshCap)
  checkNonNegative('maxTimeInMeshScore', design.maxTimeInMeshScore)
  checkPositive('maxMeshPenalty', design.maxMeshPenalty)
  checkOpenRatio('zeroShare', checkRatio('zeroShare', design.zeroShare))
  checkPositive('invalidMessages', design.invalidMessages)
  checkNonNegative('topicWeight', design.topicWeight)
}

function resolveDecay(name: DecayName, design: Filled): ResolvedDecay {
  const { timeMs, factor, roundTo = 0 } = design[name]
  checkInteger(`${name}.timeMs`, timeMs, { min: 1 })
  checkNonNegative(`${name}.roundTo`, roundTo)
  const ticks = timeMs / design.decayIntervalMs
  if (factor !== undefined) return { timeMs, ticks, roundTo, factor: checkOpenRatio(`${name}.factor`, checkFinite(name, factor)) }
  if (!(ticks >= 1 && ticks <= MOST_TICKS && (ticks > 1 || design.convention === 'decay-to-zero'))) {
    const least = design.convention === 'decay-to-zero' ? 'at least one decay interval' : 'more than one decay interval'
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${name}.timeMs must be ${least} (${design.decayIntervalMs} ms) and at most ${MOST_TICKS} of them, got ${timeMs}`
    )
  }
  return { timeMs, ticks, roundTo, factor: decayFactor(design.convention, ticks, design.decayToZero) }
}
