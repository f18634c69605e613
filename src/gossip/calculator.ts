import { PeerbanditError } from '../core/errors.ts'
import { counterAfter, geometricSum, ticksUntil } from './decay.ts'
import { activationCheck, crossingShare, longRunScore } from './long-run.ts'
import type { TopicScoreParams } from './score-params.ts'
import { resolveDesign, type ResolvedDecay, type ResolvedTopicDesign, type TopicDesign } from './topic-design.ts'
import { checkTopicScoreParams } from './validate.ts'
import type { CounterFigures, TopicScoreDesign } from './topic-score-design.ts'
import { designWarnings } from './warnings.ts'

/**
 * The parameters of a topic from what is expected of it and what its scores shall do. The equations are those of the gist "Calculating
 * Peer Score Configuration Parameters" (vyzo, 2020), with P4 squared as in gossipsub v1.1 since May 2020:
 * - time in the mesh brings `maxTimeInMeshScore` at its cap;
 * - first deliveries are capped at their steady state at messages/D, mesh deliveries too; the threshold of the latter is their steady
 *   state at messages/D_hi;
 * - the largest deficit costs `maxMeshPenalty`, and the same once more as P3b after a PRUNE;
 * - at `zeroShare` of messages/D_hi, P1 + P2 + P3 = 0;
 * - `invalidMessages` invalid ones cancel the cap of first deliveries.
 * @throws ERR_INVALID_OPTION for an option that is out of range, or a design that cannot be met
 */
export function topicScoreParams(design: TopicDesign): TopicScoreParams {
  return designTopicScore(design).params
}

/** As `topicScoreParams`, with the figures behind it and warnings. @throws ERR_INVALID_OPTION as it does */
export function designTopicScore(options: TopicDesign): TopicScoreDesign {
  const design = resolveDesign(options)
  const { low, high } = deliveriesPerTick(design)
  const firstDeliveries = counterFigures(design.firstDeliveryDecay, design)
  const meshDeliveries = counterFigures(design.meshDeliveryDecay, design)
  const params = checkTopicScoreParams(
    paramsOf(design, { deliveries: { low, high }, first: firstDeliveries, mesh: meshDeliveries })
  )
  const figures = {
    design,
    params,
    deliveriesPerTick: { low, high },
    firstDeliveries,
    meshDeliveries,
    activation: activationCheck(params, low, design.decayIntervalMs),
    longRun: {
      scoreAtZeroShare: longRunScore(params, design.zeroShare * low, design.moment),
      crossingShare: crossingShare(params, low, design.moment)
    },
    gossipThreshold: gossipThresholds(params)
  }
  return { ...figures, warnings: designWarnings(figures) }
}

/** What a pruned peer can have at worst by P3b alone, and where P3 goes on beside it. */
export function gossipThresholds(
  params: Pick<
    TopicScoreParams,
    'meshMessageDeliveriesWeight' | 'meshFailurePenaltyWeight' | 'meshMessageDeliveriesThreshold' | 'topicWeight'
  >
): { js: number; go: number } {
  const most = params.topicWeight * params.meshMessageDeliveriesThreshold ** 2
  const js = most * params.meshFailurePenaltyWeight
  return { js, go: js + most * params.meshMessageDeliveriesWeight }
}

/** Messages a decay interval: of the topic over D_hi and over D. */
export function deliveriesPerTick(design: ResolvedTopicDesign): { low: number; high: number } {
  const perTick = (design.messagesPerSecond * design.decayIntervalMs) / 1000
  return { low: perTick / design.meshDegreeHigh, high: perTick / design.meshDegree }
}

/** Where the counter of a design ends. */
export function counterFigures(decay: ResolvedDecay, design: ResolvedTopicDesign): CounterFigures {
  const { factor } = decay
  const truncated = geometricSum(factor, Math.max(1, Math.round(decay.ticks)))
  const beforeDecay = design.steadyState === 'true' ? counterAfter(factor, 1, Infinity) : rounded(truncated, decay.roundTo)
  return {
    multiplier: design.moment === 'before-decay' ? beforeDecay : factor * beforeDecay,
    capMultiplier: beforeDecay,
    truncated,
    steadyBeforeDecay: counterAfter(factor, 1, Infinity),
    steadyAfterDecay: counterAfter(factor, 1, Infinity, 'after-decay'),
    ticksToZero: ticksUntil(factor, design.decayToZero)
  }
}

function rounded(value: number, step: number): number {
  return step === 0 ? value : Math.max(1, Math.round(value / step)) * step
}

interface Expected {
  readonly deliveries: { readonly low: number; readonly high: number }
  readonly first: CounterFigures
  readonly mesh: CounterFigures
}

function paramsOf(design: ResolvedTopicDesign, { deliveries: { low, high }, first, mesh }: Expected): TopicScoreParams {
  const threshold = thresholdOf(design, low, mesh.multiplier)
  const deficit = threshold - design.zeroShare * mesh.multiplier * low
  const firstMessageDeliveriesWeight = firstWeight(design, deficit / threshold, design.zeroShare * first.multiplier * low)
  const firstMessageDeliveriesCap = first.capMultiplier * high
  const meshMessageDeliveriesWeight = -design.maxMeshPenalty / threshold ** 2
  return {
    topicWeight: design.topicWeight,
    timeInMeshWeight: design.maxTimeInMeshScore / design.timeInMeshCap,
    timeInMeshQuantum: design.timeInMeshQuantumMs,
    timeInMeshCap: design.timeInMeshCap,
    firstMessageDeliveriesWeight,
    firstMessageDeliveriesDecay: design.firstDeliveryDecay.factor,
    firstMessageDeliveriesCap,
    meshMessageDeliveriesWeight,
    meshMessageDeliveriesDecay: design.meshDeliveryDecay.factor,
    meshMessageDeliveriesCap: mesh.capMultiplier * high,
    meshMessageDeliveriesThreshold: threshold,
    meshMessageDeliveriesWindow: design.windowMs,
    meshMessageDeliveriesActivation: design.activationMs,
    // The counter of P3b holds squares already.
    meshFailurePenaltyWeight: meshMessageDeliveriesWeight,
    meshFailurePenaltyDecay: design.failurePenaltyDecay.factor,
    invalidMessageDeliveriesWeight: 0 - (firstMessageDeliveriesWeight * firstMessageDeliveriesCap) / design.invalidMessages ** 2,
    invalidMessageDeliveriesDecay: design.invalidMessageDecay.factor
  }
}

function thresholdOf(design: ResolvedTopicDesign, low: number, mesh: number): number {
  const steady = mesh * low
  if (!design.scaleThreshold) return steady
  const ticks = Math.floor(design.activationMs / design.decayIntervalMs)
  return Math.min(steady, counterAfter(design.meshDeliveryDecay.factor, low, ticks, 'after-decay'))
}

/** P1 + P2 + P3 = 0 at the share, solved for the weight of P2. */
function firstWeight(design: ResolvedTopicDesign, deficitRatio: number, firstCounter: number): number {
  const penalty = deficitRatio > 0 ? design.maxMeshPenalty * deficitRatio ** 2 : 0
  const left = penalty - design.maxTimeInMeshScore
  if (!(left >= 0 && penalty > 0)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `at zeroShare ${design.zeroShare} the deficit costs ${penalty} of maxMeshPenalty ${design.maxMeshPenalty}, which must be at least ` +
        `maxTimeInMeshScore ${design.maxTimeInMeshScore}: raise maxMeshPenalty, or lower zeroShare or maxTimeInMeshScore`
    )
  }
  return left / firstCounter
}
