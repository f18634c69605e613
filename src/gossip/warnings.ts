import { counterAfter } from './decay.ts'
import { chanceLoss } from './long-run.ts'
import type { DesignWarning, TopicScoreDesign } from './topic-score-design.ts'

/** For messages: four digits, and no exponent where there need be none. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}

type Figures = Omit<TopicScoreDesign, 'warnings'>

/** What is wrong with the figures of a design, from what matters most. */
export function designWarnings(figures: Figures): DesignWarning[] {
  return [longRun(figures), activation(figures), afterDecay(figures), chance(figures)].filter((warning) => warning !== undefined)
}

/** A hundredth of the penalty is nothing to speak of. */
const SPEAK_OF = 0.01

function longRun({ design, longRun: { scoreAtZeroShare, crossingShare } }: Figures): DesignWarning | undefined {
  if (Math.abs(scoreAtZeroShare) <= SPEAK_OF * design.maxMeshPenalty) return undefined
  return {
    code: 'long-run',
    message:
      `in the long run a peer that delivers ${short(100 * design.zeroShare)} % has score ${short(scoreAtZeroShare)}, not 0: counters end ` +
      `above the ${design.steadyState} steady state that the parameters are made from; the score is 0 at ${short(100 * crossingShare)} %`
  }
}

function activation({ design, activation: found }: Figures): DesignWarning | undefined {
  if (found.reached) return undefined
  const { activationMs, threshold } = found.alternatives
  return {
    code: 'activation',
    message:
      `at activation, ${short(design.activationMs / 1000)} s in the mesh, a peer with exactly the expected deliveries is at ` +
      `${short(found.counterAfterDecay)} of threshold ${short(found.threshold)} and loses ${short(-found.score)}: activate at ` +
      `${short(activationMs / 1000)} s, or lower the threshold to ${short(threshold)} (scaleThreshold)`
  }
}

function afterDecay({ params, deliveriesPerTick, activation: { threshold } }: Figures): DesignWarning | undefined {
  const end = counterAfter(params.meshMessageDeliveriesDecay, deliveriesPerTick.low, Infinity, 'after-decay')
  const deficit = threshold - end
  if (deficit <= SPEAK_OF * threshold) return undefined
  return {
    code: 'after-decay',
    message:
      `just after each decay a peer with exactly the expected deliveries is at ${short(end)} of threshold ${short(threshold)} and loses ` +
      `${short(-params.meshMessageDeliveriesWeight * deficit ** 2)}: moment "after-decay" makes a threshold without it`
  }
}

function chance({ design, params, deliveriesPerTick: { low } }: Figures): DesignWarning | undefined {
  const loss = chanceLoss(params, low)
  if (loss <= SPEAK_OF * design.maxMeshPenalty) return undefined
  return {
    code: 'chance',
    message:
      `messages come by chance: a peer that delivers as many as expected, but at random, loses ${short(loss)} on the average: a longer decay ` +
      'of deliveries in the mesh, or switching their deficit off, mends it'
  }
}
