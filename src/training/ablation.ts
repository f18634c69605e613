import {
  encodeMachine,
  encodePhysics,
  MACHINE_FEATURES,
  MACHINE_WIDTH,
  type MachineFeature,
  PHYSICS_FEATURES,
  PHYSICS_WIDTH,
  type PhysicsFeature
} from '../throughput/features.ts'
import { loadOf } from '../throughput/load.ts'
import { machineOf } from '../throughput/machine.ts'
import { type NetworkWeights, networkOutputs, runNetwork } from '../throughput/network.ts'
import { physicsHead, QUANTILE_COUNT } from '../throughput/physics.ts'
import type { ThroughputQuery } from '../throughput/query.ts'
import { encodeRows } from './encoded-rows.ts'
import type { LogPrediction, ThroughputModel } from './evaluation/model.ts'
import { type NeuralModelOptions, trainNetwork } from './neural-model.ts'
import type { Backend } from './running-backend.ts'

/** What a network is not told. */
export interface Ablation {
  /** As tables name the network without it. */
  readonly name: string
  /** @default none */
  readonly machine?: readonly MachineFeature[]
  /** @default none */
  readonly physics?: readonly PhysicsFeature[]
}

interface Features {
  readonly machines: Float32Array
  readonly physics: Float32Array
}

function featuresOf(queries: readonly ThroughputQuery[]): Features {
  const features = {
    machines: new Float32Array(queries.length * MACHINE_WIDTH),
    physics: new Float32Array(queries.length * PHYSICS_WIDTH)
  }
  queries.forEach((query, i) => {
    const [machine, load] = [machineOf(query), loadOf(query)]
    encodeMachine(machine, load, features.machines, i * MACHINE_WIDTH)
    encodePhysics(machine, load, features.physics, i * PHYSICS_WIDTH)
  })
  return features
}

/** A copy whose columns of these names are 0: what is usual. */
function without<Name extends string>(matrix: Float32Array, all: readonly Name[], gone: readonly Name[]): Float32Array {
  const columns = new Set(gone.map((name) => all.indexOf(name)))
  return matrix.map((value, i) => (columns.has(i % all.length) ? 0 : value))
}

function predictionsOf(weights: NetworkWeights, { machines, physics }: Features): LogPrediction[] {
  const count = machines.length / MACHINE_WIDTH
  const outputs = networkOutputs(count, weights.hidden)
  runNetwork(weights, machines, count, outputs)
  const quantiles = new Float64Array(count * QUANTILE_COUNT)
  physicsHead({ corrections: outputs.corrections, physics, count }, quantiles)
  return Array.from({ length: count }, (_, i) => {
    const [s10, s50, s90, f10, f50, f90] = quantiles.subarray(i * QUANTILE_COUNT, (i + 1) * QUANTILE_COUNT)
    return { speed: { q10: s10, q50: s50, q90: s90 }, firstToken: { q10: f10, q50: f50, q90: f90 } }
  })
}

/**
 * The network, trained and asked without some of its features: how much worse it is says what they are worth. What is known of single GPUs
 * is left out: evaluations ask of cards that were not seen.
 */
export function ablatedModel(
  backend: Backend,
  options: Omit<NeuralModelOptions, 'encode'>,
  { name, machine = [], physics = [] }: Ablation
): ThroughputModel {
  const machines = (matrix: Float32Array) => without(matrix, MACHINE_FEATURES, machine)
  const loads = (matrix: Float32Array) => without(matrix, PHYSICS_FEATURES, physics)
  return {
    name,
    async fit(rows) {
      const { weights } = await trainNetwork(backend, rows, {
        ...options,
        encode(measured) {
          const encoded = encodeRows(measured)
          return {
            ...encoded,
            machines: machines(encoded.machines),
            physics: loads(encoded.physics),
            physicsWithoutBits: loads(encoded.physicsWithoutBits),
            physicsWithoutModel: loads(encoded.physicsWithoutModel)
          }
        }
      })
      return {
        predict(queries) {
          const features = featuresOf(queries)
          return predictionsOf(weights, { machines: machines(features.machines), physics: loads(features.physics) })
        }
      }
    }
  }
}
