// A worker thread of the run pool: gets tasks one at a time, and answers each with its report or what went wrong.
import { parentPort } from 'node:worker_threads'
import { type ErrorCode, isPeerbanditError, messageOf } from '../core/errors.ts'
import { type RunReport, runReporter, type RunTask } from './run-report.ts'

/** Errors of other classes lose them on their way between threads, so what is needed of them goes as data. */
export type RunReply =
  { readonly report: RunReport } | { readonly failure: { readonly code: ErrorCode | undefined; readonly message: string } }

const report = runReporter()

parentPort?.on('message', (task: RunTask) => {
  void report(task)
    .then(
      (result): RunReply => ({ report: result }),
      (error: unknown): RunReply => ({
        failure: { code: isPeerbanditError(error) ? error.code : undefined, message: messageOf(error) }
      })
    )
    .then((reply) => parentPort?.postMessage(reply))
})
