import fc from 'fast-check'
import { isPeerbanditError } from '../../src/core/errors.ts'
import { designTopicScore } from '../../src/gossip/calculator.ts'
import { COUNTER_MOMENTS, DECAY_CONVENTIONS } from '../../src/gossip/decay.ts'
import { STEADY_STATES, type TopicDesign } from '../../src/gossip/topic-design.ts'

const double = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const decayIn = (most: number) => fc.integer({ min: 2, max: most })

/** Designs of all kinds; some cannot be met. */
const anyDesign: fc.Arbitrary<TopicDesign> = fc
  .record({
    intervalMs: fc.constantFrom(1000, 1500, 12_000),
    ticks: fc.tuple(decayIn(400), decayIn(100), decayIn(1000), decayIn(5000)),
    messagesPerSecond: double(0.01, 10_000),
    meshDegree: fc.integer({ min: 1, max: 20 }),
    more: fc.integer({ min: 0, max: 20 }),
    choices: fc.record({
      convention: fc.constantFrom(...DECAY_CONVENTIONS),
      steadyState: fc.constantFrom(...STEADY_STATES),
      moment: fc.constantFrom(...COUNTER_MOMENTS),
      scaleThreshold: fc.boolean(),
      decayToZero: double(0.001, 0.5),
      activationMs: fc.integer({ min: 1000, max: 600_000 }),
      maxTimeInMeshScore: double(0, 10),
      timeInMeshCap: double(1, 10_000),
      maxMeshPenalty: double(1, 10_000),
      zeroShare: double(0.01, 0.99),
      invalidMessages: double(1, 100),
      topicWeight: double(0, 10)
    })
  })
  .map(({ intervalMs, ticks, more, choices, ...rest }) => {
    const decays = ticks.map((each) => ({ timeMs: each * intervalMs }))
    return {
      ...rest,
      ...choices,
      meshDegreeHigh: rest.meshDegree + more,
      decayIntervalMs: intervalMs,
      firstDeliveryDecay: decays[0],
      meshDeliveryDecay: decays[1],
      failurePenaltyDecay: decays[2],
      invalidMessageDecay: decays[3]
    }
  })

/** Designs that the calculator accepts, with some options fixed. */
export const designsWith = (options: Partial<TopicDesign>): fc.Arbitrary<TopicDesign> =>
  anyDesign.map((design) => ({ ...design, ...options })).filter(isAccepted)

/** Designs that the calculator accepts. */
export const designs = anyDesign.filter(isAccepted)

function isAccepted(design: TopicDesign): boolean {
  try {
    designTopicScore(design)
    return true
  } catch (error) {
    if (isPeerbanditError(error, 'ERR_INVALID_OPTION')) return false
    throw error
  }
}
