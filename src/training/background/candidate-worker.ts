// A worker thread that trains one candidate: gets its task as it starts, tells how far it is, and answers once.
import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorCode, isPeerbanditError, messageOf } from '../../core/errors.ts'
import type { FitProgress } from '../throughput-fit.ts'
import type { Candidate, CandidateTask } from './candidate-task.ts'
import { trainCandidate } from './train-candidate.ts'

/** Errors of other classes lose them on their way between threads, so what is needed of them goes as data. */
export type CandidateReply =
  | { readonly kind: 'progress'; readonly progress: FitProgress }
  | { readonly kind: 'trained'; readonly candidate: Candidate }
  | { readonly kind: 'failed'; readonly code: ErrorCode | undefined; readonly message: string }

function reply(message: CandidateReply): void {
  parentPort?.postMessage(message)
}

try {
  const candidate = await trainCandidate(workerData as CandidateTask, (progress) => {
    reply({ kind: 'progress', progress })
  })
  reply({ kind: 'trained', candidate })
} catch (error) {
  reply({ kind: 'failed', code: isPeerbanditError(error) ? error.code : undefined, message: messageOf(error) })
}
