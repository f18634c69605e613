import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { TransportError } from '../router/failure.ts'
import type { Engine, InferenceEvent, Transport } from '../router/transport.ts'
import type { Backend } from './backend.ts'

/** @throws ERR_INVALID_OPTION when two have one name */
export function backendsByName(backends: readonly Backend[]): ReadonlyMap<PeerId, Backend> {
  const byName = new Map<PeerId, Backend>()
  for (const backend of backends) {
    if (byName.has(backend.name)) {
      throw new PeerbanditError('ERR_INVALID_OPTION', `each backend must have a name of its own, got two called ${backend.name}`)
    }
    byName.set(backend.name, backend)
  }
  return byName
}

/** For a peer that is none of ours. */
async function* unknown(peer: PeerId): AsyncGenerator<InferenceEvent> {
  await Promise.reject(new TransportError('unreachable', `${peer} is none of the backends`))
  yield* []
}

/**
 * Carries jobs to model servers over HTTP. A peer that is none of them is `unreachable`.
 * @throws ERR_INVALID_OPTION when two backends have one name
 */
export function backendTransport(backends: readonly Backend[]): Transport {
  const byName = backendsByName(backends)
  return { infer: (peer, request, options) => byName.get(peer)?.infer(request, options) ?? unknown(peer) }
}

/**
 * A backend as a worker's engine. Something has to poll it (`backendWatch`), or its load is that of the jobs that came through here.
 */
export function backendEngine(backend: Backend): Engine {
  return {
    infer: (request, options) => backend.infer(request, options),
    load: () => backend.load()
  }
}
