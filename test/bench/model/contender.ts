import type { NetworkWeights } from '../../../src/throughput/network.ts'
import { networkOutputs, runNetwork } from '../../../src/throughput/network.ts'
import { physicsHead, QUANTILE_COUNT } from '../../../src/throughput/physics.ts'
import type { Features } from './candidates.ts'
import type { Run } from './timing.ts'

/** What is asked: the network alone, or what is forecast. */
export const OUTPUTS = ['corrections', 'quantiles'] as const
export type Output = (typeof OUTPUTS)[number]

/** One way to answer for all candidates. */
export interface Contender {
  readonly name: string
  /** From typed arrays to a typed array: rows of CORRECTIONS, or of QUANTILES. */
  run(output: Output, features: Features): Run
  /** Whether quantiles come all of the first, then all of the second, and so on. */
  readonly quantilesByColumn: boolean
  close(): Promise<void>
}

/** The pass that serves. */
export function typedArrays(weights: NetworkWeights): Contender {
  return {
    name: 'peerbandit',
    quantilesByColumn: false,
    run(output, { count, machines, physics }) {
      const outputs = networkOutputs(count, weights.hidden)
      const { corrections } = outputs
      const quantiles = new Float32Array(count * QUANTILE_COUNT)
      if (output === 'corrections') {
        return () => {
          runNetwork(weights, machines, count, outputs)
          return corrections
        }
      }
      return () => {
        runNetwork(weights, machines, count, outputs)
        physicsHead({ corrections, physics, count }, quantiles)
        return quantiles
      }
    },
    close: () => Promise.resolve()
  }
}
