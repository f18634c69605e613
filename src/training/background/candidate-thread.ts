import { Worker } from 'node:worker_threads'
import type { AbortOptions } from '../../core/abort.ts'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import type { FitProgress } from '../throughput-fit.ts'
import type { Candidate, CandidateTask } from './candidate-task.ts'
import type { CandidateReply } from './candidate-worker.ts'

const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? 'candidate-worker.ts' : 'candidate-worker.js', import.meta.url)

/** Rows that would fill the memory end the thread and not the router. */
const LIMITS = { maxOldGenerationSizeMb: 2_048 }

export interface CandidateThreadOptions extends AbortOptions {
  readonly onProgress?: (progress: FitProgress) => void
}

/**
 * Trains a candidate in a thread of its own, which has ended when this settles.
 * @throws what train-candidate.ts throws; ERR_WORKER where the thread dies; the signal's reason
 */
export async function candidateFromThread(
  task: CandidateTask,
  { signal, onProgress }: CandidateThreadOptions
): Promise<Candidate> {
  signal?.throwIfAborted()
  const answered = Promise.withResolvers<Candidate>()
  const died = (cause: unknown) => {
    answered.reject(new PeerbanditError('ERR_WORKER', `the training thread died: ${messageOf(cause)}`, { cause }))
  }
  const take = (reply: CandidateReply) => {
    if (reply.kind === 'trained') answered.resolve(reply.candidate)
    else if (reply.kind === 'failed') answered.reject(new PeerbanditError(reply.code ?? 'ERR_WORKER', reply.message))
    else onProgress?.(reply.progress)
  }
  const stop = () => {
    answered.reject(signal?.reason as Error)
  }
  const thread = new Worker(PROGRAM, { workerData: task, resourceLimits: LIMITS })
  thread.on('message', (reply: CandidateReply) => {
    try {
      take(reply)
    } catch (error) {
      // The caller's own callback: it must not end the process from here.
      answered.reject(error)
    }
  })
  thread.once('error', died)
  thread.once('exit', (status) => {
    died(`it ended with status ${status} before it answered`)
  })
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await answered.promise
  } finally {
    signal?.removeEventListener('abort', stop)
    await thread.terminate()
  }
}
