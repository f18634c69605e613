// As much of ONNX's file format as a graph of float32 needs. Numbers of fields are those of
// https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto3
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Attributes that are integers. */
  readonly integers?: Readonly<Record<string, number>>
}

export interface OnnxConstant {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** What goes in or comes out. A size that is a name may differ from run to run. */
interface OnnxPort {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly constants: readonly OnnxConstant[]
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
}

/** The operators of version 18, which come with version 8 of the format. */
const OPERATORS_VERSION = 18
const FORMAT_VERSION = 8
/** TensorProto.FLOAT and AttributeProto.INT. */
const FLOAT = 1
const INTEGER = 2

class Message {
  readonly #writer = new BinaryWriter()

  text(field: number, value: string): this {
    this.#writer.tag(field, WireType.LengthDelimited).string(value)
    return this
  }

  integer(field: number, value: number): this {
    this.#writer.tag(field, WireType.Varint).int64(value)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value)
    return this
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish())
  }

  /** One field for each. */
  each<T>(values: Iterable<T>, write: (message: this, value: T) => void): this {
    for (const value of values) write(this, value)
    return this
  }

  finish(): Uint8Array {
    return this.#writer.finish()
  }
}

function nodeOf({ op, inputs, outputs, integers = {} }: OnnxNode): Message {
  return new Message()
    .each(inputs, (node, name) => node.text(1, name))
    .each(outputs, (node, name) => node.text(2, name))
    .text(4, op)
    .each(Object.entries(integers), (node, [name, value]) =>
      node.message(5, new Message().text(1, name).integer(3, value).integer(20, INTEGER))
    )
}

function constantOf({ name, shape, values }: OnnxConstant): Message {
  return new Message()
    .each(shape, (tensor, size) => tensor.integer(1, size))
    .integer(2, FLOAT)
    .text(8, name)
    .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

function portOf({ name, shape }: OnnxPort): Message {
  const sizes = new Message().each(shape, (message, size) =>
    message.message(1, typeof size === 'number' ? new Message().integer(1, size) : new Message().text(2, size))
  )
  return new Message().text(1, name).message(2, new Message().message(1, new Message().integer(1, FLOAT).message(2, sizes)))
}

/** A model file of one graph. */
export function onnxFile({ nodes, constants, inputs, outputs }: OnnxGraph): Uint8Array {
  const graph = new Message()
    .each(nodes, (message, node) => message.message(1, nodeOf(node)))
    .text(2, 'graph')
    .each(constants, (message, constant) => message.message(5, constantOf(constant)))
    .each(inputs, (message, port) => message.message(11, portOf(port)))
    .each(outputs, (message, port) => message.message(12, portOf(port)))
  return new Message()
    .integer(1, FORMAT_VERSION)
    .message(7, graph)
    .message(8, new Message().text(1, '').integer(2, OPERATORS_VERSION))
    .finish()
}
