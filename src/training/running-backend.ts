import type { TensorFlow } from './tensorflow.ts'

/** What TensorFlow.js can compute with, the fastest first. */
export const BACKENDS = ['tfjs-node-gpu', 'tfjs-node', 'webgpu', 'wasm', 'cpu'] as const
export type BackendName = (typeof BACKENDS)[number]

/** A backend that runs. TensorFlow.js knows one at a time in a process: close it before another opens. */
export interface Backend {
  readonly name: BackendName
  /** What it runs on, e.g. "NVIDIA GeForce RTX 4090"; undefined where it does not say. */
  readonly device?: string
  readonly tf: TensorFlow
  /** Makes it the one that computes. */
  readonly activate: () => Promise<void>
  /** Frees the device. Without it a process with a GPU open may not end. */
  readonly close: () => Promise<void>
}
