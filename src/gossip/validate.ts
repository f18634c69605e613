import { checkFinite, checkInteger, checkNonNegative, checkPositive, show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerScoreParams, PeerScoreThresholds, TopicScoreParams } from './score-params.ts'
import { checkOpenRatio } from './topic-design.ts'

function refuse(name: string, wanted: string, value: unknown): never {
  throw new PeerbanditError('ERR_INVALID_OPTION', `${name} must be ${wanted}, got ${show(value)}`)
}

function checkPenaltyWeight(name: string, value: number): number {
  if (!(value <= 0 && value > -Infinity)) refuse(name, 'a finite number of at most 0', value)
  return value
}

/** A decay of a score that is off may be 0, as clients that switch scores off write it. */
function checkDecay(name: string, value: number, on: boolean): void {
  if (on || value !== 0) checkOpenRatio(name, value)
}

function checkCap(name: string, value: number, on: boolean): void {
  if (on) checkPositive(name, value)
  else checkNonNegative(name, value)
}

/** Shortest activation, and decay interval, that gossipsub takes. */
const SHORTEST_MS = 1000

/**
 * Checks the parameters of one topic, more strictly than gossipsub's own check: NaN and infinities, whole milliseconds, and a cap of mesh
 * deliveries that is no lower than their threshold. What a weight of 0 switches off may be 0.
 * @param subject what the fields belong to, for messages
 * @returns the parameters
 * @throws ERR_INVALID_OPTION naming the field, what it must be, and what came
 */
export function checkTopicScoreParams(params: TopicScoreParams, subject = ''): TopicScoreParams {
  const of = (field: keyof TopicScoreParams) => `${subject === '' ? '' : `${subject}.`}${field}`
  checkNonNegative(of('topicWeight'), params.topicWeight)
  checkTimeInMesh(params, of)
  checkFirstDeliveries(params, of)
  checkMeshDeliveries(params, of)
  checkPenaltyWeight(of('meshFailurePenaltyWeight'), params.meshFailurePenaltyWeight)
  checkDecay(of('meshFailurePenaltyDecay'), params.meshFailurePenaltyDecay, params.meshFailurePenaltyWeight !== 0)
  checkPenaltyWeight(of('invalidMessageDeliveriesWeight'), params.invalidMessageDeliveriesWeight)
  checkOpenRatio(of('invalidMessageDeliveriesDecay'), params.invalidMessageDeliveriesDecay)
  return params
}

/** In place of fields that are not there: they fit to any that are. */
const NEUTRAL: TopicScoreParams = {
  topicWeight: 0,
  timeInMeshWeight: 0,
  timeInMeshQuantum: 1,
  timeInMeshCap: 1,
  firstMessageDeliveriesWeight: 0,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 1,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: Number.MAX_VALUE,
  meshMessageDeliveriesThreshold: Number.MIN_VALUE,
  meshMessageDeliveriesWindow: 0,
  meshMessageDeliveriesActivation: SHORTEST_MS,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: 0,
  invalidMessageDeliveriesDecay: 0.5
}

/** As `checkTopicScoreParams`, for a set with fields missing. @throws ERR_INVALID_OPTION as it does */
export function checkSomeTopicScoreParams(params: Partial<TopicScoreParams>, subject = ''): void {
  checkTopicScoreParams({ ...NEUTRAL, ...params }, subject)
}

type Namer = (field: keyof TopicScoreParams) => string

function checkTimeInMesh(params: TopicScoreParams, of: Namer): void {
  checkNonNegative(of('timeInMeshWeight'), params.timeInMeshWeight)
  checkInteger(of('timeInMeshQuantum'), params.timeInMeshQuantum, { min: 1 })
  checkCap(of('timeInMeshCap'), params.timeInMeshCap, params.timeInMeshWeight !== 0)
}

function checkFirstDeliveries(params: TopicScoreParams, of: Namer): void {
  const on = checkNonNegative(of('firstMessageDeliveriesWeight'), params.firstMessageDeliveriesWeight) !== 0
  checkDecay(of('firstMessageDeliveriesDecay'), params.firstMessageDeliveriesDecay, on)
  checkCap(of('firstMessageDeliveriesCap'), params.firstMessageDeliveriesCap, on)
}

function checkMeshDeliveries(params: TopicScoreParams, of: Namer): void {
  const { meshMessageDeliveriesCap: cap, meshMessageDeliveriesThreshold: threshold } = params
  const on = checkPenaltyWeight(of('meshMessageDeliveriesWeight'), params.meshMessageDeliveriesWeight) !== 0
  checkDecay(of('meshMessageDeliveriesDecay'), params.meshMessageDeliveriesDecay, on)
  checkCap(of('meshMessageDeliveriesThreshold'), threshold, on)
  checkCap(of('meshMessageDeliveriesCap'), cap, on)
  if (cap < threshold) {
    refuse(of('meshMessageDeliveriesCap'), `at least the threshold, ${threshold}, or every peer has a deficit`, cap)
  }
  checkInteger(of('meshMessageDeliveriesWindow'), params.meshMessageDeliveriesWindow)
  checkInteger(of('meshMessageDeliveriesActivation'), params.meshMessageDeliveriesActivation, { min: on ? SHORTEST_MS : 0 })
}

/**
 * Checks the parameters of a whole score, each topic's too.
 * @returns the parameters
 * @throws ERR_INVALID_OPTION naming the field, what it must be, and what came
 */
export function checkPeerScoreParams(params: PeerScoreParams): PeerScoreParams {
  for (const [topic, topicParams] of Object.entries(params.topics)) checkTopicScoreParams(topicParams, `topics[${show(topic)}]`)
  checkNonNegative('topicScoreCap', params.topicScoreCap)
  if (typeof params.appSpecificScore !== 'function') refuse('appSpecificScore', 'a function', params.appSpecificScore)
  checkFinite('appSpecificWeight', params.appSpecificWeight)
  checkPenaltyWeight('IPColocationFactorWeight', params.IPColocationFactorWeight)
  checkInteger('IPColocationFactorThreshold', params.IPColocationFactorThreshold, {
    min: params.IPColocationFactorWeight === 0 ? 0 : 1
  })
  checkPenaltyWeight('behaviourPenaltyWeight', params.behaviourPenaltyWeight)
  checkNonNegative('behaviourPenaltyThreshold', params.behaviourPenaltyThreshold)
  checkDecay('behaviourPenaltyDecay', params.behaviourPenaltyDecay, params.behaviourPenaltyWeight !== 0)
  checkInteger('decayInterval', params.decayInterval, { min: SHORTEST_MS })
  checkOpenRatio('decayToZero', params.decayToZero)
  checkInteger('retainScore', params.retainScore)
  return params
}

/**
 * Checks the thresholds and their order: graylist ≤ publish ≤ gossip ≤ 0.
 * @returns the thresholds
 * @throws ERR_INVALID_OPTION naming the field, what it must be, and what came
 */
export function checkPeerScoreThresholds(thresholds: PeerScoreThresholds): PeerScoreThresholds {
  const { gossipThreshold, publishThreshold, graylistThreshold } = thresholds
  checkPenaltyWeight('gossipThreshold', gossipThreshold)
  checkPenaltyWeight('publishThreshold', publishThreshold)
  if (publishThreshold > gossipThreshold)
    refuse('publishThreshold', `at most gossipThreshold, ${gossipThreshold}`, publishThreshold)
  checkPenaltyWeight('graylistThreshold', graylistThreshold)
  if (graylistThreshold > publishThreshold)
    refuse('graylistThreshold', `at most publishThreshold, ${publishThreshold}`, graylistThreshold)
  checkNonNegative('acceptPXThreshold', thresholds.acceptPXThreshold)
  checkNonNegative('opportunisticGraftThreshold', thresholds.opportunisticGraftThreshold)
  return thresholds
}
