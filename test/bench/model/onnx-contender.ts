import { InferenceSession, Tensor } from 'onnxruntime-node'
import { MACHINE_WIDTH } from '../../../src/throughput/features.ts'
import type { NetworkWeights } from '../../../src/throughput/network.ts'
import { TERM_COUNT } from '../../../src/training/physics-terms.ts'
import type { Features } from './candidates.ts'
import type { Contender, Output } from './contender.ts'
import { onnxModel, onnxNetwork } from './onnx-network.ts'

function feedsOf(output: Output, { count, machines, terms }: Features): Record<string, Tensor> {
  const rows = new Tensor('float32', machines, [count, MACHINE_WIDTH])
  if (output === 'corrections') return { machines: rows }
  return { machines: rows, terms: new Tensor('float32', terms, [TERM_COUNT, count]) }
}

/** ONNX Runtime's own C++, on all cores. */
export async function onnxRuntime(weights: NetworkWeights): Promise<Contender> {
  const sessions = {
    corrections: await InferenceSession.create(onnxNetwork(weights)),
    quantiles: await InferenceSession.create(onnxModel(weights))
  }
  return {
    name: 'onnxruntime-node',
    quantilesByColumn: true,
    run: (output, features) => async () => {
      const outputs = await sessions[output].run(feedsOf(output, features))
      return outputs[output].data as Float32Array
    },
    close: async () => {
      await sessions.corrections.release()
      await sessions.quantiles.release()
    }
  }
}
