import { CommanderError } from 'commander'
import { type ErrorCode, isPeerbanditError, messageOf } from '../core/errors.ts'

/** What the user can mend in the call itself: exit status 2, and nothing was started. */
const BAD_INPUT: ReadonlySet<ErrorCode> = new Set([
  'ERR_INVALID_OPTION',
  'ERR_INVALID_WEIGHTS',
  'ERR_TRACE',
  'ERR_MODEL',
  'ERR_DATASET',
  'ERR_JOURNAL_VERSION',
  'ERR_JOURNAL_LOCKED',
  'ERR_JOURNAL_NOT_FOUND',
  'ERR_PORT_IN_USE'
])

/** As shells have it for a program that Ctrl-C ended. */
const STOPPED_BY_CTRL_C = 130

/** Thrown, and the reason of every signal, when the user presses Ctrl-C. */
class StoppedByUser extends Error {
  constructor() {
    super('stopped')
    this.name = 'StoppedByUser'
  }
}

export function exitStatusOf(error: unknown): number {
  if (error instanceof StoppedByUser) return STOPPED_BY_CTRL_C
  // Help and version are thrown too, with status 0; every other complaint about the command line is bad input.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return isPeerbanditError(error) && BAD_INPUT.has(error.code) ? 2 : 1
}

/** Says on stderr what went wrong. Commander has said its own already. */
export function report(error: unknown): void {
  if (error instanceof CommanderError || error instanceof StoppedByUser) return
  const code = isPeerbanditError(error) ? ` ${error.code}` : ''
  process.stderr.write(`error${code}: ${messageOf(error)}\n`)
  if (code === '' && error instanceof Error && process.env['DEBUG'] !== undefined) process.stderr.write(`${error.stack}\n`)
}

/**
 * Aborts at the first Ctrl-C or SIGTERM, so that everything can be put away. A second one ends the process at once.
 */
export function untilStopped(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(STOPPED_BY_CTRL_C)
    controller.abort(new StoppedByUser())
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }
}
