/**
 * Every code that peerbandit throws. The README lists each with what to do about it.
 */
export type ErrorCode =
  | 'ERR_INVALID_OPTION' // an option is of the wrong kind or out of range
  | 'ERR_INVALID_WEIGHTS' // an algorithm's weights are negative, NaN, or do not sum to 1
  | 'ERR_UNKNOWN_PEER' // a peer that was never added
  | 'ERR_NO_ELIGIBLE_PEER' // every candidate is filtered out, or there is none
  | 'ERR_LEASE_ENDED' // complete or fail on a lease that already ended
  | 'ERR_SNAPSHOT' // learned state of another version or shape
  | 'ERR_JOURNAL_VERSION' // a journal written in another format
  | 'ERR_JOURNAL_LOCKED' // another process has the journal open
  | 'ERR_JOURNAL_CORRUPT' // a record that cannot be read
  | 'ERR_JOURNAL_CLOSED' // used after close
  | 'ERR_JOURNAL_NOT_FOUND' // no journal at the path
  | 'ERR_TRACE' // an unreadable trace: names file and line
  | 'ERR_MODEL' // a throughput model that cannot be used, or may not serve
  | 'ERR_DATASET' // a dataset that cannot be read, or is too small: names file, row and column, or how many rows
  | 'ERR_PORT_IN_USE' // a listen address is taken
  | 'ERR_PROTOCOL' // a peer sent what the protocol does not allow
  | 'ERR_TIMEOUT' // a deadline passed
  | 'ERR_OVERLOADED' // too many jobs wait for a peer already
  | 'ERR_JOB_FAILED' // every attempt at a job failed
  | 'ERR_WORKER' // a worker process did not start or died
  | 'ERR_BACKEND' // a backend of TensorFlow.js that cannot run here

export class PeerbanditError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PeerbanditError'
    this.code = code
  }
}

/** Whether something thrown is one of ours, of this code if one is given. Survives duplicate installs of the package. */
export function isPeerbanditError(error: unknown, code?: ErrorCode): error is PeerbanditError {
  return (
    error instanceof Error && error.name === 'PeerbanditError' && (code === undefined || (error as PeerbanditError).code === code)
  )
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
