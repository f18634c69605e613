import { isPeerbanditError } from '../core/errors.ts'
import type { FailureReason } from '../job/outcome.ts'
import { EngineError } from './transport.ts'

/** The way to a peer failed: there was no connection or no protocol, or the connection went away before the job was done. */
export class TransportError extends Error {
  readonly reason: 'unreachable' | 'disconnected'

  constructor(reason: 'unreachable' | 'disconnected', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TransportError'
    this.reason = reason
  }
}

/**
 * Why an attempt failed, from what its transport threw. Anything that is not one of ours broke on the way: `disconnected`.
 * Ask it only of failures: what the caller's own cancellation throws says nothing about the peer.
 */
export function failureReasonOf(error: unknown): FailureReason {
  if (error instanceof EngineError || error instanceof TransportError) return error.reason
  if (isPeerbanditError(error, 'ERR_TIMEOUT')) return 'timeout'
  if (isPeerbanditError(error, 'ERR_PROTOCOL')) return 'protocol'
  return 'disconnected'
}
