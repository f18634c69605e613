import { normalCdf } from '../math/normal.ts'
import { counterAfter, type CounterMoment, ticksUntil } from './decay.ts'
import type { TopicScoreParams } from './score-params.ts'

/** What decides a topic's score of a peer that delivers steadily. */
export type DeliveryParams = Pick<
  TopicScoreParams,
  | 'timeInMeshWeight'
  | 'timeInMeshCap'
  | 'firstMessageDeliveriesWeight'
  | 'firstMessageDeliveriesDecay'
  | 'firstMessageDeliveriesCap'
  | 'meshMessageDeliveriesWeight'
  | 'meshMessageDeliveriesDecay'
  | 'meshMessageDeliveriesCap'
  | 'meshMessageDeliveriesThreshold'
  | 'meshMessageDeliveriesActivation'
>

/** A counter with its cap where it ends; nothing adds to a counter that is forgotten at once. */
function steadyCounter(decay: number, cap: number, perTick: number, moment: CounterMoment): number {
  const before = Math.min(cap, counterAfter(decay, perTick, Infinity))
  return moment === 'before-decay' ? before : decay * before
}

/**
 * The score of a topic, before its weight, of a peer that has long been in the mesh and delivers so many messages in every decay interval,
 * all of them first: P1 + P2 + P3 with the counters where they really end, whatever steady state the parameters were made from.
 * @param perTick messages a decay interval, ≥ 0
 */
export function longRunScore(params: DeliveryParams, perTick: number, moment: CounterMoment = 'before-decay'): number {
  const { firstMessageDeliveriesDecay, firstMessageDeliveriesCap, meshMessageDeliveriesDecay, meshMessageDeliveriesCap } = params
  const first = steadyCounter(firstMessageDeliveriesDecay, firstMessageDeliveriesCap, perTick, moment)
  const inMesh = steadyCounter(meshMessageDeliveriesDecay, meshMessageDeliveriesCap, perTick, moment)
  return (
    params.timeInMeshWeight * params.timeInMeshCap +
    params.firstMessageDeliveriesWeight * first +
    params.meshMessageDeliveriesWeight * deficitOf(params, inMesh) ** 2
  )
}

function deficitOf({ meshMessageDeliveriesThreshold }: DeliveryParams, counter: number): number {
  return Math.max(0, meshMessageDeliveriesThreshold - counter)
}

/**
 * What a peer loses by its deficit on the average, in the long run and just after decays, if it delivers `perTick` messages a decay interval
 * at random (Poisson), by the normal approximation: the counter has mean d·r/(1 − d) and variance d²·r/(1 − d²). ≥ 0
 * @param perTick messages a decay interval, > 0
 */
export function chanceLoss(params: DeliveryParams, perTick: number): number {
  const { meshMessageDeliveriesDecay: decay, meshMessageDeliveriesThreshold: threshold } = params
  const deviation = Math.sqrt((decay ** 2 * perTick) / (1 - decay ** 2))
  const a = (threshold - counterAfter(decay, perTick, Infinity, 'after-decay')) / deviation
  const density = Math.exp(-(a ** 2) / 2) / Math.sqrt(2 * Math.PI)
  const squaredDeficit = deviation ** 2 * ((1 + a ** 2) * normalCdf(a) + a * density)
  return Math.max(0, 0 - params.meshMessageDeliveriesWeight * squaredDeficit)
}

const BISECTIONS = 100

/**
 * The share of `perTick` at which the long-run score is 0, from where it is negative below; 0 where it never is.
 * @param perTick messages a decay interval that are expected of a peer, > 0
 */
export function crossingShare(params: DeliveryParams, perTick: number, moment: CounterMoment = 'before-decay'): number {
  // The score rises with the share, and is not negative where there is no deficit.
  const perUnit = counterAfter(params.meshMessageDeliveriesDecay, perTick, Infinity, moment)
  let low = 0
  let high = params.meshMessageDeliveriesThreshold / perUnit
  if (!(high > 0) || longRunScore(params, 0, moment) >= 0) return 0
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    if (longRunScore(params, middle * perTick, moment) < 0) low = middle
    else high = middle
  }
  return high
}

/** Where a peer with exactly the expected deliveries is when its deficit begins to count. */
export interface ActivationCheck {
  /** Decays until then. */
  readonly ticks: number
  /** The counter of mesh deliveries then. */
  readonly counterBeforeDecay: number
  readonly counterAfterDecay: number
  readonly threshold: number
  /** Whether the counter is at the threshold, within a hundredth of it, after the decay. */
  readonly reached: boolean
  /** What the peer loses by its deficit at activation, ≤ 0. */
  readonly score: number
  /** Either of these mends it. */
  readonly alternatives: {
    /** An activation by which the counter is at the threshold, or at 99 % of where it ends, ms. */
    readonly activationMs: number
    /** The threshold that the peer does have at activation. */
    readonly threshold: number
  }
}

const NEAR = 0.01

/** @param perTick messages a decay interval that are expected of a peer, > 0 */
export function activationCheck(params: DeliveryParams, perTick: number, decayIntervalMs: number): ActivationCheck {
  const { meshMessageDeliveriesThreshold: threshold, meshMessageDeliveriesDecay: decay } = params
  const ticks = Math.floor(params.meshMessageDeliveriesActivation / decayIntervalMs)
  const cap = params.meshMessageDeliveriesCap
  const counterBeforeDecay = Math.min(cap, counterAfter(decay, perTick, ticks))
  const counterAfterDecay = decay * counterBeforeDecay
  const end = counterAfter(decay, perTick, Infinity, 'after-decay')
  const left = Math.max(NEAR, 1 - threshold / end)
  return {
    ticks,
    counterBeforeDecay,
    counterAfterDecay,
    threshold,
    reached: counterAfterDecay >= threshold * (1 - NEAR),
    score: Math.min(0, params.meshMessageDeliveriesWeight * deficitOf(params, counterAfterDecay) ** 2),
    alternatives: {
      activationMs: decay > 0 ? Math.ceil(ticksUntil(decay, left)) * decayIntervalMs : decayIntervalMs,
      threshold: counterAfterDecay
    }
  }
}
