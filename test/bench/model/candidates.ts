import { gpus } from '../../../src/catalogue/gpu-table.ts'
import type { Pcg32 } from '../../../src/core/rng.ts'
import { encodeMachine, encodePhysics, MACHINE_WIDTH, PHYSICS_WIDTH } from '../../../src/throughput/features.ts'
import { loadOf } from '../../../src/throughput/load.ts'
import { machineOf } from '../../../src/throughput/machine.ts'
import type { ThroughputQuery } from '../../../src/throughput/query.ts'
import { physicsTerms, TERM_COUNT } from '../../../src/training/physics-terms.ts'
import { FORWARD_CONSTANTS } from './constants.ts'

export const JOB = { model: 'llama3.1:8b-instruct-q4_K_M', promptTokens: 512, outputTokens: 128 } as const

export function candidateQueries(count: number, rng: Pcg32): ThroughputQuery[] {
  const table = gpus()
  const kinds = Array.from({ length: FORWARD_CONSTANTS.kinds }, () => ({
    gpu: table[Math.floor(rng.next() * table.length)].name,
    gpuCount: 1 + Math.floor(2 * rng.next())
  }))
  return Array.from({ length: count }, () => ({
    ...JOB,
    ...kinds[Math.floor(rng.next() * kinds.length)],
    concurrency: 1 + Math.floor(8 * rng.next()),
    rttMs: 100 * rng.next()
  }))
}

/** What every contender starts from. */
export interface Features {
  readonly count: number
  /** count × MACHINE_WIDTH. */
  readonly machines: Float32Array
  /** count × PHYSICS_WIDTH: what our own pass takes. */
  readonly physics: Float32Array
  /** TERM_COUNT × count: the physics as the others take it, which costs them nothing here. */
  readonly terms: Float32Array
}

export function featuresOf(queries: readonly ThroughputQuery[]): Features {
  const count = queries.length
  const machines = new Float32Array(count * MACHINE_WIDTH)
  const physics = new Float32Array(count * PHYSICS_WIDTH)
  const terms = new Float32Array(count * TERM_COUNT)
  queries.forEach((query, i) => {
    const load = loadOf(query)
    encodeMachine(machineOf(query), load, machines, i * MACHINE_WIDTH)
    encodePhysics(machineOf(query), load, physics, i * PHYSICS_WIDTH)
  })
  physicsTerms(physics, count, terms)
  return { count, machines, physics, terms }
}
