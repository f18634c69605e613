import { counterFigures, deliveriesPerTick, designTopicScore, gossipThresholds } from './calculator.ts'
import { counterAfter, decayFactor, ticksUntil } from './decay.ts'
import { GIST_INPUTS, GIST_PUBLISHED, GIST_WORKING, gistDesign } from './gist.ts'
import { crossingShare, longRunScore } from './long-run.ts'
import { resolveDesign } from './topic-design.ts'
import { short } from './warnings.ts'

/** A slip of the gist: what it prints, what is right, and why. */
export interface GistSlip {
  readonly number: number
  /** What it is about, in a few words. */
  readonly title: string
  /** By the name of a field, or of a step of the gist's working. null where the gist prints nothing. */
  readonly printed: Readonly<Record<string, number | null>>
  readonly right: Readonly<Record<string, number>>
  readonly why: string
}

const P = GIST_PUBLISHED
const W = GIST_WORKING

/** The gist's inputs with exact decays, and with its own roundings under both steady states. */
const exact = resolveDesign(GIST_INPUTS)
const fixed = designTopicScore(gistDesign('truncated'))
const settled = designTopicScore(gistDesign('true'))

/** All slips of the gist's published set and of its working, computed from its inputs. In the order of the gist's steps. */
export function gistSlips(): GistSlip[] {
  return [
    timeInMesh(),
    squaredDeficit(),
    largestDeficit(),
    meshWeight(),
    firstWeight(),
    failureWeight(),
    gossipThreshold(),
    invalidWeight(),
    steadyStates(),
    decayTimes(),
    decayRoundings(),
    missingFields()
  ].map((slip, i) => ({ number: i + 1, ...slip }))
}

type Slip = Omit<GistSlip, 'number'>

function timeInMesh(): Slip {
  const right = exact.maxTimeInMeshScore / exact.timeInMeshCap
  return {
    title: 'the weight of time in the mesh',
    printed: { timeInMeshWeight: P.timeInMeshWeight, timeInMeshDivisor: W.timeInMeshDivisor },
    right: { timeInMeshWeight: right, timeInMeshDivisor: exact.timeInMeshCap },
    why:
      `the cap is ${exact.timeInMeshCap} and not ${W.timeInMeshDivisor}, and 1/${W.timeInMeshDivisor} is ${short(1 / W.timeInMeshDivisor)}: ` +
      `the decimal point slipped. As printed, time in the mesh brings up to ${short(P.timeInMeshWeight * P.timeInMeshCap)} and not 1`
  }
}

/** Threshold and deficit as the gist has them. */
const THRESHOLD = P.meshMessageDeliveriesThreshold
const DEFICIT = (1 - exact.zeroShare) * THRESHOLD

function squaredDeficit(): Slip {
  return {
    title: 'the squared deficit at half the threshold',
    printed: { squaredDeficitAtHalf: W.squaredDeficitAtHalf },
    right: { squaredDeficitAtHalf: DEFICIT ** 2 },
    why: `${DEFICIT}² is ${DEFICIT ** 2}`
  }
}

function largestDeficit(): Slip {
  return {
    title: 'the largest squared deficit',
    printed: { largestSquaredDeficit: W.largestSquaredDeficit },
    right: { largestSquaredDeficit: THRESHOLD ** 2 },
    why: `${THRESHOLD}² is ${THRESHOLD ** 2}`
  }
}

function meshWeight(): Slip {
  const most = P.meshMessageDeliveriesWeight * THRESHOLD ** 2
  return {
    title: 'the weight of the deficit',
    printed: { meshMessageDeliveriesWeight: P.meshMessageDeliveriesWeight },
    right: { meshMessageDeliveriesWeight: -exact.maxMeshPenalty / THRESHOLD ** 2 },
    why:
      `to cost at most ${exact.maxMeshPenalty} with threshold ${THRESHOLD}; as printed the largest deficit costs ${short(-most)}` +
      `. With the true steady state, threshold ${short(settled.params.meshMessageDeliveriesThreshold)}, it is ` +
      short(settled.params.meshMessageDeliveriesWeight)
  }
}

/** The published set by the gist's own multipliers. */
function publishedByGist(): { readonly scoreAtHalf: number; readonly cancelled: number; readonly crossing: number } {
  const { low } = deliveriesPerTick(exact)
  const inMesh = P.timeInMeshWeight * P.timeInMeshCap
  const first = P.firstMessageDeliveriesWeight * W.firstDeliveryMultiplier * low
  const atHalf = exact.zeroShare * first + inMesh
  // weight·(threshold·x)² + first·(1 − x) + inMesh = 0 for the share x that is missing.
  const a = P.meshMessageDeliveriesWeight * THRESHOLD ** 2
  const missing = (first - Math.sqrt(first ** 2 - 4 * a * (first + inMesh))) / (2 * a)
  return {
    scoreAtHalf: P.meshMessageDeliveriesWeight * DEFICIT ** 2 + atHalf,
    cancelled: Math.sqrt(atHalf / -P.meshMessageDeliveriesWeight),
    crossing: 1 - missing
  }
}

function firstWeight(): Slip {
  const { scoreAtHalf, cancelled, crossing } = publishedByGist()
  const half = `${100 * exact.zeroShare} %`
  return {
    title: 'the weight of first deliveries',
    printed: { firstMessageDeliveriesWeight: P.firstMessageDeliveriesWeight },
    right: { firstMessageDeliveriesWeight: fixed.params.firstMessageDeliveriesWeight },
    why:
      'it is right for the gist’s multipliers, because slips 2 and 4 cancel in it, and only beside a right weight of the deficit. As printed the ' +
      `score at ${half} is ${short(scoreAtHalf)} and not 0: what a peer has there cancels a deficit of ${short(cancelled)} ` +
      `(${short(100 * (1 - cancelled / THRESHOLD))} % of the threshold), and with first deliveries that fall too the score crosses 0 at ` +
      `${short(100 * crossing)} %. With the true steady state the weight is ${short(settled.params.firstMessageDeliveriesWeight)}`
  }
}

function failureWeight(): Slip {
  return {
    title: 'the weight of the failure penalty',
    printed: { meshFailurePenaltyWeight: P.meshFailurePenaltyWeight },
    right: { meshFailurePenaltyWeight: -exact.maxMeshPenalty / THRESHOLD ** 2 },
    why: 'the counter holds squared deficits already, so the weight is that of the deficit, with its slip (4)'
  }
}

function gossipThreshold(): Slip {
  const printed = gossipThresholds({ ...P, topicWeight: 1 })
  const right = fixed.gossipThreshold
  return {
    title: 'the gossip threshold',
    printed: { gossipThreshold: W.gossipThreshold },
    right: {
      gossipThreshold: printed.js,
      gossipThresholdGo: printed.go,
      gossipThresholdFixed: right.js,
      gossipThresholdFixedGo: right.go
    },
    why:
      `with weights of ${P.meshMessageDeliveriesWeight} a pruned peer can stand at ${printed.js}, so the threshold must be no higher; with the ` +
      `right weights ${right.js} will do. In go-libp2p-pubsub P3 goes on beside P3b after a PRUNE: twice as much, ${printed.go} and ${right.go}`
  }
}

function invalidWeight(): Slip {
  const capScore = P.firstMessageDeliveriesCap * P.firstMessageDeliveriesWeight
  const text = W.invalidMessageDeliveriesWeight
  const n = exact.invalidMessages
  return {
    title: 'the weight of invalid messages',
    printed: {
      invalidMessageDeliveriesWeight: P.invalidMessageDeliveriesWeight,
      invalidMessageDeliveriesWeightInText: text
    },
    right: { invalidMessageDeliveriesWeight: -capScore / n ** 2 },
    why:
      `P4 is the square of the counter (since May 2020, after the gist; while it was linear, ${text} was right): as printed ` +
      `${short(Math.sqrt(capScore / -text))} messages cancel the cap of first deliveries, ${short(capScore)}, and ${n} cost ` +
      `${short(-text * n ** 2)}. The summary also drops the digit after the point`
  }
}

function steadyStates(): Slip {
  const first = counterFigures(settled.design.firstDeliveryDecay, settled.design)
  const mesh = counterFigures(settled.design.meshDeliveryDecay, settled.design)
  const { low } = deliveriesPerTick(exact)
  const half = longRunScore(fixed.params, exact.zeroShare * low, 'after-decay')
  const crossing = crossingShare(fixed.params, low, 'after-decay')
  const { params } = settled
  return {
    title: 'the steady states of the counters',
    printed: {
      firstDeliveryMultiplier: W.firstDeliveryMultiplier,
      meshDeliveryMultiplier: W.meshDeliveryMultiplier,
      firstMessageDeliveriesCap: P.firstMessageDeliveriesCap,
      meshMessageDeliveriesThreshold: P.meshMessageDeliveriesThreshold,
      meshMessageDeliveriesCap: P.meshMessageDeliveriesCap
    },
    right: {
      firstDeliveryMultiplier: first.steadyBeforeDecay,
      meshDeliveryMultiplier: mesh.steadyBeforeDecay,
      firstMessageDeliveriesCap: params.firstMessageDeliveriesCap,
      meshMessageDeliveriesThreshold: params.meshMessageDeliveriesThreshold,
      meshMessageDeliveriesCap: params.meshMessageDeliveriesCap
    },
    why:
      `${short(first.truncated)} and ${short(mesh.truncated)} are the sums of the first ${exact.firstDeliveryDecay.ticks} and ` +
      `${exact.meshDeliveryDecay.ticks} terms; counters go on to 1/(1 − decay), ${short(first.steadyBeforeDecay)} and ` +
      `${short(mesh.steadyBeforeDecay)} (${short(first.steadyAfterDecay)} and ${short(mesh.steadyAfterDecay)} just after a decay). With the ` +
      `arithmetic alone fixed, a peer that delivers ${100 * exact.zeroShare} % has score ${short(half)} in the long run and is never pruned; ` +
      `the score crosses 0 at ${short(100 * crossing)} %`
  }
}

const DECAYS = [
  ['firstMessageDeliveriesDecay', exact.firstDeliveryDecay],
  ['meshMessageDeliveriesDecay', exact.meshDeliveryDecay],
  ['meshFailurePenaltyDecay', exact.failurePenaltyDecay],
  ['invalidMessageDeliveriesDecay', exact.invalidMessageDecay]
] as const

function byDecay(value: (field: (typeof DECAYS)[number][0], ticks: number) => number): Record<string, number> {
  return Object.fromEntries(DECAYS.map(([field, { ticks }]) => [field, value(field, ticks)]))
}

function decayTimes(): Slip {
  const left = DECAYS.map(([field, { ticks }]) => `${short(100 * P[field] ** ticks)} %`)
  const seconds = DECAYS.map(([field]) => `${short((ticksUntil(P[field], exact.decayToZero) * exact.decayIntervalMs) / 1000)} s`)
  return {
    title: 'decay times',
    printed: byDecay((field) => P[field]),
    right: byDecay((_, ticks) => decayFactor('decay-to-zero', ticks, exact.decayToZero)),
    why:
      `1 part in N is a time constant: after their decay times ${left.join(', ')} of the counters are left, and not the ` +
      `${exact.decayToZero} of decayToZero, which they come to after ${seconds.join(', ')}. What decays to it in the time is decayToZero^(1/N)`
  }
}

function decayRoundings(): Slip {
  const parts = DECAYS.map(([field]) => `${P[field]} is 1 in ${Math.round(counterAfter(P[field], 1, Infinity))}`)
  return {
    title: 'roundings of the decays',
    printed: byDecay((field) => P[field]),
    right: byDecay((_, ticks) => decayFactor('one-part-in-n', ticks, exact.decayToZero)),
    why: `${parts.join(', ')}; meant are 1 in ${DECAYS.map(([, { ticks }]) => ticks).join(', ')}`
  }
}

function missingFields(): Slip {
  return {
    title: 'missing fields',
    printed: { topicWeight: null, meshMessageDeliveriesWindow: null },
    right: { topicWeight: settled.params.topicWeight, meshMessageDeliveriesWindow: settled.params.meshMessageDeliveriesWindow },
    why:
      'the summary has neither. Without a weight (0 in Go) the topic counts for nothing; without a window deliveries just after the first ' +
      'count for nothing. The values here are the defaults: any weight above 0, and some tens of ms, will do'
  }
}
