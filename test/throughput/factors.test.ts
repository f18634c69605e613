import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findGpu } from '../../src/catalogue/gpu.ts'
import { type MachineFactors, forecastInto, jobFactors, machineFactors } from '../../src/throughput/factors.ts'
import { encodeMachine, encodePhysics, MACHINE_WIDTH, PHYSICS_WIDTH } from '../../src/throughput/features.ts'
import type { Load } from '../../src/throughput/load.ts'
import type { Machine } from '../../src/throughput/machine.ts'
import { networkOutputs, runNetwork } from '../../src/throughput/network.ts'
import { physicsHead, QUANTILE_COUNT } from '../../src/throughput/physics.ts'
import { sampleWeights } from './sample-model.ts'
import { loads, machines } from './samples.ts'

const NO_OFFSET = { speed: 0, firstToken: 0 }
/** Far larger weights than training gives: monotone by construction means for all of them. */
const weights = fc.record({ seed: fc.nat(1_000), scale: fc.constantFrom(0, 1, 10) })
type Weights = { readonly seed: number; readonly scale: number }

function correctionsOf(machine: Machine, load: Load, { seed, scale }: Weights): Float32Array {
  const features = new Float32Array(MACHINE_WIDTH)
  encodeMachine(machine, load, features)
  const network = sampleWeights(seed, { hidden: 8, scale })
  const outputs = networkOutputs(1, network.hidden)
  runNetwork(network, features, 1, outputs)
  return outputs.corrections
}

function forecast(factors: MachineFactors, load: Load, concurrency = load.concurrency): Float64Array {
  const row = new Float64Array(QUANTILE_COUNT)
  forecastInto(factors, jobFactors(load), concurrency, { into: row, offset: 0 })
  return row
}

/** ln tokens/s and ln seconds, as physics.ts has them. */
function logsOf(row: Float64Array): number[] {
  return [...row.subarray(0, 3), ...row.subarray(3).map((ms) => ms / 1000)].map(Math.log)
}

describe('the factored forecast', () => {
  it('is the physics head, to a millionth in double precision and as near as single precision allows', () => {
    fc.assert(
      fc.property(machines, loads, weights, (machine, load, network) => {
        const corrections = correctionsOf(machine, load, network)
        const logs = logsOf(forecast(machineFactors(machine, corrections, NO_OFFSET), load))
        const double = new Float64Array(QUANTILE_COUNT)
        const physics = new Float64Array(PHYSICS_WIDTH)
        encodePhysics(machine, load, physics)
        physicsHead({ corrections, physics, count: 1 }, double)
        // A first token after thirty thousand years is not told from a later one.
        fc.pre(double[4] < Math.log(1e12))
        const single = new Float32Array(QUANTILE_COUNT)
        physicsHead({ corrections, physics: Float32Array.from(physics), count: 1 }, single)
        logs.forEach((log, i) => {
          expect(Math.abs(log - double[i])).toBeLessThan(1e-9)
          expect(Math.abs(log - single[i])).toBeLessThan(1e-5)
        })
      }),
      { numRuns: 500 }
    )
  })

  it('widens its intervals by the calibration, and narrows them to the median at most', () => {
    fc.assert(
      fc.property(
        machines,
        loads,
        weights,
        fc.double({ min: -3, max: 3, noNaN: true }),
        (...[machine, load, network, offset]) => {
          const corrections = correctionsOf(machine, load, network)
          const plain = logsOf(forecast(machineFactors(machine, corrections, NO_OFFSET), load))
          const factors = machineFactors(machine, corrections, { speed: offset, firstToken: -offset })
          const [low, median, high, early, middle, late] = logsOf(forecast(factors, load))
          expect(low).toBeCloseTo(Math.min(median, plain[0] - offset), 9)
          expect(high).toBeCloseTo(Math.max(median, plain[2] + offset), 9)
          expect(early).toBeCloseTo(Math.min(middle, plain[3] + offset), 9)
          expect(late).toBeCloseTo(Math.max(middle, plain[5] - offset), 9)
        }
      )
    )
  })
})

/** All six figures before and after a change. */
function compare(before: Float64Array, after: Float64Array) {
  const slack = 1 + 1e-12
  const speeds = [0, 1, 2]
  const times = [3, 4, 5]
  return {
    noFaster: speeds.every((i) => after[i] <= before[i] * slack),
    noSlower: speeds.every((i) => after[i] * slack >= before[i]),
    noSooner: times.every((i) => after[i] * slack >= before[i]),
    noLater: times.every((i) => after[i] <= before[i] * slack)
  }
}

const more = fc.double({ min: 1, max: 100, noNaN: true })
const all = [machines, loads, weights, more] as const

describe('whatever the network says of a machine', () => {
  it('more bandwidth never makes it slower', () => {
    const [card] = [findGpu('RTX 4090')!]
    fc.assert(
      fc.property(...all, (...[machine, load, network, factor]) => {
        const gpu = machine.gpu ?? card
        const faster = { ...machine, gpu: { ...gpu, memBandwidthGbs: gpu.memBandwidthGbs * factor } }
        const corrections = correctionsOf(machine, load, network)
        expect(correctionsOf(faster, load, network)).toEqual(correctionsOf({ ...machine, gpu }, load, network))
        const of = (one: Machine) => forecast(machineFactors(one, corrections, NO_OFFSET), load)
        expect(compare(of({ ...machine, gpu }), of(faster))).toMatchObject({ noSlower: true, noLater: true })
      })
    )
  })

  it.each<[what: string, change: (load: Load, factor: number) => Load]>([
    ['more requests side by side', (load, factor) => ({ ...load, concurrency: load.concurrency * factor })],
    ['more bits', (load, factor) => ({ ...load, bytes: load.bytes * factor, activeBytes: load.activeBytes * factor })],
    [
      'a larger model',
      (load, factor) => ({
        ...load,
        bytes: load.bytes * factor,
        activeBytes: load.activeBytes * factor,
        activeParams: load.activeParams * factor
      })
    ],
    ['more experts beside the active ones', (load, factor) => ({ ...load, bytes: load.bytes * factor })],
    ['a longer context', (load, factor) => ({ ...load, contextTokens: load.contextTokens * factor })],
    ['a longer prompt', (load, factor) => ({ ...load, promptTokens: load.promptTokens * factor })]
  ])('%s never make it faster, nor its first token sooner', (_, change) => {
    fc.assert(
      fc.property(...all, (...[machine, load, network, factor]) => {
        const factors = machineFactors(machine, correctionsOf(machine, load, network), NO_OFFSET)
        const compared = compare(forecast(factors, load), forecast(factors, change(load, factor)))
        expect(compared).toMatchObject({ noFaster: true, noSooner: true })
      })
    )
  })

  it('more memory makes nothing slower that spilled', () => {
    fc.assert(
      fc.property(...all, (...[machine, load, network, factor]) => {
        const vramGb = machine.vramGb ?? 8
        const corrections = correctionsOf(machine, load, network)
        const of = (gb: number) => forecast(machineFactors({ ...machine, vramGb: gb }, corrections, NO_OFFSET), load)
        expect(compare(of(vramGb), of(vramGb * factor))).toMatchObject({ noSlower: true, noLater: true })
      })
    )
  })

  it('all requests together are written no slower for being side by side', () => {
    fc.assert(
      fc.property(...all, (...[machine, load, network, factor]) => {
        const factors = machineFactors(machine, correctionsOf(machine, load, network), NO_OFFSET)
        const total = (concurrency: number) => concurrency * forecast(factors, load, concurrency)[1]
        const { concurrency } = load
        expect(total(concurrency * factor) * (1 + 1e-12)).toBeGreaterThanOrEqual(total(concurrency))
      })
    )
  })
})
