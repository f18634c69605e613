import { MACHINE_WIDTH } from '../../../src/throughput/features.ts'
import type { NetworkWeights } from '../../../src/throughput/network.ts'
import { TERM_COUNT } from '../../../src/training/physics-terms.ts'
import type { Features } from './candidates.ts'
import type { Contender, Output } from './contender.ts'
import { onnxModel, onnxNetwork } from './onnx-network.ts'
import { loadOnnxRuntime } from './onnx-runtime.ts'

/** ONNX Runtime's own C++, on all cores. @throws where it cannot be installed */
export async function onnxRuntime(weights: NetworkWeights): Promise<Contender> {
  const { InferenceSession, Tensor } = await loadOnnxRuntime()
  const feedsOf = (output: Output, { count, machines, terms }: Features) => ({
    machines: new Tensor('float32', machines, [count, MACHINE_WIDTH]),
    ...(output === 'quantiles' && { terms: new Tensor('float32', terms, [TERM_COUNT, count]) })
  })
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
