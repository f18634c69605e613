import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPeerbanditError } from '../../src/core/errors.ts'
import { counterFigures, designTopicScore, topicScoreParams } from '../../src/gossip/calculator.ts'
import { checkParamsAgainst } from '../../src/gossip/check-params.ts'
import { counterAfter, type CounterMoment, decayFactor, geometricSum, ticksUntil } from '../../src/gossip/decay.ts'
import { crossingShare, longRunScore } from '../../src/gossip/long-run.ts'
import type { ResolvedDecay, ResolvedTopicDesign } from '../../src/gossip/topic-design.ts'
import { designs, designsWith } from './designs.ts'

/** A counter, decay by decay, as gossipsub has it. */
function counted(decay: number, perTick: number, ticks: number, moment: CounterMoment): number {
  let counter = 0
  let before = 0
  for (let tick = 0; tick < ticks; tick++) {
    before = counter + perTick
    counter = before * decay
  }
  return moment === 'before-decay' ? before : counter
}

/** Until nothing changes any more. */
const settled = (decay: number) => Math.ceil(ticksUntil(decay, 1e-14))

function countedSteady(decay: ResolvedDecay, perTick: number, design: ResolvedTopicDesign): number {
  const ticks = design.steadyState === 'true' ? settled(decay.factor) : decay.ticks
  return counted(decay.factor, perTick, ticks, design.moment)
}

const near = (a: number, b: number, relative = 1e-9) => Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b), 1e-300)

describe('every design that is accepted', () => {
  it('has score 0 at the chosen share of the deliveries', () => {
    fc.assert(
      fc.property(designs, (options) => {
        const { design, params, deliveriesPerTick, firstDeliveries, meshDeliveries } = designTopicScore(options)
        const perTick = design.zeroShare * deliveriesPerTick.low
        const deficit = params.meshMessageDeliveriesThreshold - meshDeliveries.multiplier * perTick
        const score =
          params.timeInMeshWeight * params.timeInMeshCap +
          params.firstMessageDeliveriesWeight * firstDeliveries.multiplier * perTick +
          params.meshMessageDeliveriesWeight * deficit ** 2
        expect(Math.abs(score)).toBeLessThan(1e-9)
      })
    )
  })

  it('has it with counters that were counted decay by decay', () => {
    fc.assert(
      fc.property(designs, (options) => {
        const { design, params, deliveriesPerTick } = designTopicScore(options)
        const perTick = design.zeroShare * deliveriesPerTick.low
        const first = countedSteady(design.firstDeliveryDecay, perTick, design)
        const inMesh = countedSteady(design.meshDeliveryDecay, perTick, design)
        expect(first).toBeLessThanOrEqual(params.firstMessageDeliveriesCap * (1 + 1e-9))
        const deficit = params.meshMessageDeliveriesThreshold - inMesh
        const score =
          params.timeInMeshWeight * params.timeInMeshCap +
          params.firstMessageDeliveriesWeight * first +
          params.meshMessageDeliveriesWeight * deficit ** 2
        expect(Math.abs(score)).toBeLessThan(1e-9 * design.maxMeshPenalty)
      }),
      { numRuns: 60 }
    )
  })

  it('bounds the largest deficit, in P3 and in P3b', () => {
    fc.assert(
      fc.property(designs, (options) => {
        const { design, params, gossipThreshold } = designTopicScore(options)
        const largest = params.meshMessageDeliveriesThreshold ** 2
        expect(near(params.meshMessageDeliveriesWeight * largest, -design.maxMeshPenalty)).toBe(true)
        expect(params.meshFailurePenaltyWeight).toBe(params.meshMessageDeliveriesWeight)
        expect(near(gossipThreshold.js, -design.maxMeshPenalty * design.topicWeight)).toBe(true)
        expect(near(gossipThreshold.go, 2 * gossipThreshold.js)).toBe(true)
      })
    )
  })

  it('has the invalid messages cancel the cap of first deliveries, and time in the mesh bring what it shall', () => {
    fc.assert(
      fc.property(designs, (options) => {
        const { design, params } = designTopicScore(options)
        const cap = params.firstMessageDeliveriesWeight * params.firstMessageDeliveriesCap
        expect(Math.abs(cap + params.invalidMessageDeliveriesWeight * design.invalidMessages ** 2)).toBeLessThanOrEqual(
          1e-9 * (1 + cap)
        )
        expect(near(params.timeInMeshWeight * params.timeInMeshCap, design.maxTimeInMeshScore)).toBe(true)
      })
    )
  })

  it('has caps and threshold at the steady states that were counted decay by decay', () => {
    fc.assert(
      fc.property(designsWith({ scaleThreshold: false }), (options) => {
        const { design, params, deliveriesPerTick } = designTopicScore(options)
        const { low, high } = deliveriesPerTick
        const { firstDeliveryDecay, meshDeliveryDecay } = design
        // Counters are capped where they are added to.
        const atCap = { ...design, moment: 'before-decay' as const }
        expect(near(params.firstMessageDeliveriesCap, countedSteady(firstDeliveryDecay, high, atCap))).toBe(true)
        expect(near(params.meshMessageDeliveriesCap, countedSteady(meshDeliveryDecay, high, atCap))).toBe(true)
        expect(near(params.meshMessageDeliveriesThreshold, countedSteady(meshDeliveryDecay, low, design))).toBe(true)
      }),
      { numRuns: 60 }
    )
  })

  it('reckons activation as counted, and a scaled threshold is one that a conforming peer has from then on', () => {
    fc.assert(
      fc.property(designsWith({ scaleThreshold: true }), (options) => {
        const { design, params, activation, deliveriesPerTick } = designTopicScore(options)
        const ticks = Math.floor(design.activationMs / design.decayIntervalMs)
        const count = (n: number) => counted(design.meshDeliveryDecay.factor, deliveriesPerTick.low, n, 'after-decay')
        expect(activation.ticks).toBe(ticks)
        expect(
          near(
            activation.counterAfterDecay,
            Math.min(count(ticks), design.meshDeliveryDecay.factor * params.meshMessageDeliveriesCap)
          )
        ).toBe(true)
        expect(count(ticks + 1) * (1 + 1e-9)).toBeGreaterThanOrEqual(params.meshMessageDeliveriesThreshold)
      }),
      { numRuns: 60 }
    )
  })

  it('with the true steady state crosses 0 at the chosen share in the long run', () => {
    fc.assert(
      fc.property(designsWith({ steadyState: 'true', scaleThreshold: false }), (options) => {
        const { design, longRun, params, deliveriesPerTick } = designTopicScore(options)
        expect(Math.abs(longRun.scoreAtZeroShare)).toBeLessThan(1e-9 * design.maxMeshPenalty)
        expect(Math.abs(longRun.crossingShare - design.zeroShare)).toBeLessThan(1e-6)
        expect(longRunScore(params, deliveriesPerTick.low, design.moment)).toBeGreaterThanOrEqual(0)
      })
    )
  })

  it('meets its own check, but for an activation that comes too early', () => {
    fc.assert(
      fc.property(designs, (options) => {
        const { misses, slips } = checkParamsAgainst(topicScoreParams(options), options, { tolerance: 1e-6 })
        expect(misses.filter(({ field }) => field !== 'meshMessageDeliveriesActivation')).toEqual([])
        expect(slips).toEqual([])
      })
    )
  })
})

describe('any design', () => {
  it('is accepted, with finite figures, or refused with a code', () => {
    const number = fc.oneof(
      fc.double(),
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.nat(100_000),
      fc.constantFrom(1, 1000, 30_000)
    )
    const decay = fc.record({ timeMs: number, factor: number, roundTo: number }, { requiredKeys: ['timeMs'] })
    const wild = fc.record(
      {
        ...{
          messagesPerSecond: number,
          meshDegree: number,
          meshDegreeHigh: number,
          decayIntervalMs: number,
          decayToZero: number
        },
        ...{ firstDeliveryDecay: decay, meshDeliveryDecay: decay, failurePenaltyDecay: decay, invalidMessageDecay: decay },
        ...{
          activationMs: number,
          windowMs: number,
          timeInMeshQuantumMs: number,
          timeInMeshCap: number,
          maxTimeInMeshScore: number
        },
        ...{
          maxMeshPenalty: number,
          zeroShare: number,
          invalidMessages: number,
          topicWeight: number,
          scaleThreshold: fc.boolean()
        }
      },
      { requiredKeys: ['messagesPerSecond', 'meshDegree', 'meshDegreeHigh'] }
    )
    fc.assert(
      fc.property(
        fc.oneof(
          wild,
          wild.map((each) => ({ ...each, meshDegree: 6, meshDegreeHigh: 12 }))
        ),
        (design) => {
          try {
            const { params, warnings } = designTopicScore(design)
            expect(Object.values(params).every(Number.isFinite)).toBe(true)
            expect(warnings.filter(({ message }) => message.includes('NaN'))).toEqual([])
          } catch (error) {
            expect(isPeerbanditError(error, 'ERR_INVALID_OPTION'), String(error)).toBe(true)
          }
        }
      ),
      { numRuns: 2000 }
    )
  })
})

describe('decay conventions', () => {
  const ticks = fc.integer({ min: 2, max: 5000 })

  it('leave 1/N less in each interval, or decayToZero after N of them', () => {
    fc.assert(
      fc.property(ticks, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (n, decayToZero) => {
        expect(near(counterLeft(decayFactor('one-part-in-n', n, decayToZero), 1), 1 - 1 / n)).toBe(true)
        expect(near(counterLeft(decayFactor('decay-to-zero', n, decayToZero), n), decayToZero)).toBe(true)
      })
    )
  })

  it('differ by a factor of 4.6 in time', () => {
    const [a, b] = [decayFactor('one-part-in-n', 1800, 0.01), decayFactor('decay-to-zero', 1800, 0.01)]
    expect(Math.log(b) / Math.log(a)).toBeCloseTo(Math.log(100), 2)
    expect([120, 30, 300, 1800].map((n) => decayFactor('decay-to-zero', n, 0.01).toFixed(4))).toEqual([
      '0.9624',
      '0.8577',
      '0.9848',
      '0.9974'
    ])
  })

  it('have sums and counters as they are counted', () => {
    fc.assert(
      fc.property(
        ticks,
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        (n, steps, perTick) => {
          for (const convention of ['one-part-in-n', 'decay-to-zero'] as const) {
            const decay = decayFactor(convention, n, 0.01)
            expect(near(geometricSum(decay, steps) * perTick, counted(decay, perTick, steps, 'before-decay'))).toBe(true)
            expect(near(counterAfter(decay, perTick, steps, 'after-decay'), counted(decay, perTick, steps, 'after-decay'))).toBe(
              true
            )
          }
        }
      )
    )
  })
})

function counterLeft(decay: number, ticks: number): number {
  let left = 1
  for (let tick = 0; tick < ticks; tick++) left *= decay
  return left
}

describe('figures', () => {
  it('round truncated sums to what is asked for, and never to nothing', () => {
    const { design } = designTopicScore({ messagesPerSecond: 120, meshDegree: 6, meshDegreeHigh: 12, steadyState: 'truncated' })
    const decay = design.meshDeliveryDecay
    expect(counterFigures({ ...decay, roundTo: 5 }, design).multiplier).toBe(20)
    expect(counterFigures({ ...decay, roundTo: 1000 }, design).multiplier).toBe(1000)
    expect(counterFigures({ ...decay, roundTo: 0 }, design).multiplier).toBeCloseTo(19.15, 2)
  })

  it('have a crossing of 0 for a set that is never negative', () => {
    const params = topicScoreParams({ messagesPerSecond: 120, meshDegree: 6, meshDegreeHigh: 12 })
    expect(crossingShare({ ...params, meshMessageDeliveriesWeight: 0 }, 10)).toBe(0)
  })
})
