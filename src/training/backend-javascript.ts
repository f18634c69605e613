import type { Backend } from './running-backend.ts'
import type { TensorFlow } from './tensorflow.ts'
import { Unavailable, loadOptional } from './unavailable.ts'

const TFJS = '@tensorflow/tfjs'
const WASM = '@tensorflow/tfjs-backend-wasm'

/** @throws Unavailable */
export async function loadTensorFlow(): Promise<TensorFlow> {
  const tf = await loadOptional([TFJS], () => import('@tensorflow/tfjs'))
  // It would recommend tfjs-node at length; the announcement says what there is.
  tf.enableProdMode()
  return tf
}

/** @throws Unavailable if it cannot be made the backend */
export async function activate(tf: TensorFlow, registered: string): Promise<void> {
  if (await tf.setBackend(registered)) return
  throw new Unavailable(`TensorFlow.js cannot start its backend ${registered}`, 'Choose another backend.')
}

async function javascriptBackend(name: 'wasm' | 'cpu', tf: TensorFlow): Promise<Backend> {
  await activate(tf, name)
  return { name, tf, activate: () => activate(tf, name), close: () => Promise.resolve() }
}

/** WebAssembly with SIMD, one thread. */
export async function openWasm(): Promise<Backend> {
  const tf = await loadTensorFlow()
  await loadOptional([WASM, TFJS], () => import('@tensorflow/tfjs-backend-wasm'))
  return javascriptBackend('wasm', tf)
}

/** Plain JavaScript: runs wherever Node does. */
export async function openCpu(): Promise<Backend> {
  return javascriptBackend('cpu', await loadTensorFlow())
}
