import { checkOneOf } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { openCpu, openWasm } from './backend-javascript.ts'
import { openTfjsNode } from './backend-node.ts'
import { openWebGpu } from './backend-webgpu.ts'
import { BACKENDS, type Backend, type BackendName } from './running-backend.ts'
import { Unavailable } from './unavailable.ts'

export interface OpenBackendOptions {
  /** The only one to try. @default the first of {@link BACKENDS} that runs, software renderers left out */
  readonly force?: BackendName
  /** Takes one line: which runs, and why those before it do not. @default nobody */
  readonly announce?: (line: string) => void
}

/** @param forced also where it is slower than the next, e.g. WebGPU on a software renderer */
type Opener = (forced: boolean) => Promise<Backend>

const OPENERS: Readonly<Record<BackendName, Opener>> = {
  'tfjs-node-gpu': () => openTfjsNode('tfjs-node-gpu'),
  'tfjs-node': () => openTfjsNode('tfjs-node'),
  webgpu: openWebGpu,
  wasm: openWasm,
  cpu: openCpu
}

/** The backend, or why there is none. */
async function tryToOpen(name: BackendName, forced: boolean): Promise<Backend | Unavailable> {
  try {
    return await OPENERS[name](forced)
  } catch (error) {
    if (error instanceof Unavailable) return error
    throw error
  }
}

function lineOf({ name, device }: Backend, passedOver: readonly string[]): string {
  const where = device === undefined ? name : `${name} (${device})`
  return passedOver.length === 0 ? `backend: ${where}` : `backend: ${where}; not ${passedOver.join('; not ')}`
}

/**
 * Loads TensorFlow.js with the fastest backend that this machine has, or with the one that is asked for.
 * @throws ERR_BACKEND if the one that is asked for, or none, can run: says why, and what to install
 * @throws ERR_INVALID_OPTION for a name that is not of {@link BACKENDS}
 */
export async function openBackend({ force, announce }: OpenBackendOptions = {}): Promise<Backend> {
  const names = force === undefined ? BACKENDS : [checkOneOf('backend', force, BACKENDS)]
  const passedOver: string[] = []
  let last: Unavailable | undefined
  for (const name of names) {
    const opened = await tryToOpen(name, force !== undefined)
    if (!(opened instanceof Unavailable)) {
      announce?.(lineOf(opened, passedOver))
      return opened
    }
    passedOver.push(`${name}: ${opened.message}`)
    last = opened
  }
  throw new PeerbanditError('ERR_BACKEND', `no backend can run; ${passedOver.join('; ')}. ${last?.remedy ?? ''}`, { cause: last })
}
