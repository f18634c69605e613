import * as util from 'node:util'
import type { Backend } from './running-backend.ts'
import { activate } from './backend-javascript.ts'
import type { TensorFlow } from './tensorflow.ts'
import { Unavailable, loadOptional } from './unavailable.ts'

/** What both packages call themselves in TensorFlow.js. */
const REGISTERED = 'tensorflow'

/** The C++ library tells of its instruction sets at every start; 2 leaves errors. */
const LOG_LEVEL = '2'

/** Both packages call it, and Node 23 removed it. */
const CALLED = 'isNullOrUndefined'

/**
 * libtensorflow, on CUDA or on all cores. Not among peerbandit's dependencies: its install script downloads the library.
 * @throws Unavailable
 */
export async function openTfjsNode(name: 'tfjs-node-gpu' | 'tfjs-node'): Promise<Backend> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= LOG_LEVEL
  const packageName = `@tensorflow/${name}`
  // A name that the compiler does not know: the package need not be there to compile. CommonJS, so all of it is the default export.
  const loaded = await loadOptional([packageName], () => import(packageName) as Promise<{ default: TensorFlow }>)
  if (!(CALLED in util)) throw new Unavailable(`${packageName} does not run on Node ${process.versions.node}`, 'Use Node 22.')
  const tf = loaded.default
  tf.enableProdMode()
  await activate(tf, REGISTERED)
  return { name, tf, activate: () => activate(tf, REGISTERED), close: () => Promise.resolve() }
}
