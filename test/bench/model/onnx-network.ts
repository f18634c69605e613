import { MACHINE_WIDTH } from '../../../src/throughput/features.ts'
import { MOST_CORRECTION, type NetworkWeights } from '../../../src/throughput/network.ts'
import { CONSTANTS, CORRECTION_COUNT, QUANTILE_COUNT } from '../../../src/throughput/physics.ts'
import { TERM_COUNT } from '../../../src/training/physics-terms.ts'
import { type OnnxConstant, type OnnxNode, onnxFile } from './onnx-format.ts'

/** Nodes one after another; what each gives has a name of its own. */
class GraphBuilder {
  readonly nodes: OnnxNode[] = []
  readonly constants: OnnxConstant[] = []

  op(op: string, ...inputs: string[]): string {
    return this.#push(op, inputs, 1)[0]
  }

  /** The rows of a matrix, a row each. */
  rows(matrix: string, count: number): string[] {
    return this.#push('Split', [matrix], count, { axis: 0, num_outputs: count })
  }

  /** Rows as one matrix. */
  stack(rows: readonly string[], name: string): void {
    this.nodes.push({ op: 'Concat', inputs: rows, outputs: [name], integers: { axis: 0 } })
  }

  named(op: string, input: string, name: string): void {
    this.nodes.push({ op, inputs: [input], outputs: [name] })
  }

  constant(values: Float32Array, shape: readonly number[]): string {
    const name = `constant${this.constants.length}`
    this.constants.push({ name, shape, values })
    return name
  }

  number(value: number): string {
    return this.constant(Float32Array.of(value), [])
  }

  #push(op: string, inputs: readonly string[], count: number, integers?: OnnxNode['integers']): string[] {
    const outputs = Array.from({ length: count }, (_, i) => `${op}${this.nodes.length}_${i}`)
    this.nodes.push({ op, inputs, outputs, integers })
    return outputs
  }
}

/** The same as runNetwork. @returns count × CORRECTION_COUNT */
function addNetwork(graph: GraphBuilder, { hidden, w1, b1, w2, b2 }: NetworkWeights): string {
  const layer = (input: string, weights: string, bias: string) => graph.op('Gemm', input, weights, bias)
  const units = graph.op('Tanh', layer('machines', graph.constant(w1, [MACHINE_WIDTH, hidden]), graph.constant(b1, [hidden])))
  const raw = layer(units, graph.constant(w2, [hidden, CORRECTION_COUNT]), graph.constant(b2, [CORRECTION_COUNT]))
  const most = graph.number(MOST_CORRECTION)
  return graph.op('Mul', graph.op('Tanh', graph.op('Div', raw, most)), most)
}

/** The same as tensorQuantiles. @returns a row a quantile */
function addPhysics(graph: GraphBuilder, corrections: string): string[] {
  const add = (a: string, b: string) => graph.op('Add', a, b)
  const sub = (a: string, b: string) => graph.op('Sub', a, b)
  const plus = (a: string, value: number) => add(a, graph.number(value))
  const logOfSum = (parts: readonly string[]) => graph.op('Log', graph.op('Sum', ...parts.map((part) => graph.op('Exp', part))))
  const around = (middle: string, below: string, above: string) => {
    const width = (correction: string) => graph.op('Softplus', plus(correction, CONSTANTS.width))
    return [sub(middle, width(below)), middle, add(middle, width(above))]
  }
  const c = graph.rows(graph.op('Transpose', corrections), CORRECTION_COUNT)
  const [memory, compute, keyValues, prefill, gpuCount, overflow] = graph.rows('terms', TERM_COUNT)
  const shared = graph.op('Mul', gpuCount, graph.op('Sigmoid', plus(c[4], CONSTANTS.sharing)))
  const scaled = sub(graph.op('Mul', overflow, graph.op('Softplus', c[3])), shared)
  const speed = graph.op(
    'Neg',
    logOfSum([
      add(add(memory, c[0]), scaled),
      sub(add(compute, c[1]), shared),
      sub(add(keyValues, c[11]), shared),
      plus(c[2], CONSTANTS.fixed)
    ])
  )
  const firstToken = logOfSum([add(add(prefill, c[7]), scaled), plus(c[8], CONSTANTS.firstToken)])
  return [...around(speed, c[5], c[6]), ...around(firstToken, c[9], c[10])]
}

const MACHINES = { name: 'machines', shape: ['count', MACHINE_WIDTH] }

/** machines → corrections, count × CORRECTION_COUNT. */
export function onnxNetwork(weights: NetworkWeights): Uint8Array {
  const graph = new GraphBuilder()
  graph.named('Identity', addNetwork(graph, weights), 'corrections')
  return onnxFile({
    ...graph,
    inputs: [MACHINES],
    outputs: [{ name: 'corrections', shape: ['count', CORRECTION_COUNT] }]
  })
}

/** machines and terms → quantiles, QUANTILE_COUNT × count. */
export function onnxModel(weights: NetworkWeights): Uint8Array {
  const graph = new GraphBuilder()
  graph.stack(addPhysics(graph, addNetwork(graph, weights)), 'quantiles')
  return onnxFile({
    ...graph,
    inputs: [MACHINES, { name: 'terms', shape: [TERM_COUNT, 'count'] }],
    outputs: [{ name: 'quantiles', shape: [QUANTILE_COUNT, 'count'] }]
  })
}
