import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { checkInteger } from '../core/check.ts'
import { type ErrorCode, messageOf, PeerbanditError } from '../core/errors.ts'
import type { RunReport, RunTask } from './run-report.ts'
import type { RunReply } from './run-worker.ts'

const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? 'run-worker.ts' : 'run-worker.js', import.meta.url)

/** Nearly all that a run makes is short-lived: with room for it, a tenth of the time is not spent on moving what is not dead yet. */
const LIMITS = { maxYoungGenerationSizeMb: 96 }

export interface RunPoolOptions {
  /** Threads that run side by side, ≥ 1. @default 1 */
  readonly workers?: number
  /** Ends the threads at once. */
  readonly signal?: AbortSignal
  /** Told of every report as it comes, in any order. */
  readonly onReport?: (task: RunTask, report: RunReport) => void
}

/**
 * Runs tasks in threads.
 * @returns the reports in the order of the tasks: the same, but for measured times, with any number of workers
 * @throws the signal's reason; ERR_WORKER, or what a run threw, with the run's name
 */
export async function runAll(tasks: readonly RunTask[], options: RunPoolOptions = {}): Promise<readonly RunReport[]> {
  const workers = checkInteger('workers', options.workers ?? 1, { min: 1 })
  const { signal, onReport } = options
  signal?.throwIfAborted()
  const take = taskQueue(tasks)
  const reports: RunReport[] = []
  const threads = Array.from({ length: Math.min(workers, tasks.length) }, () => new Worker(PROGRAM, { resourceLimits: LIMITS }))
  const work = async (thread: Worker): Promise<void> => {
    for (let index = take(); index !== undefined; index = take(tasks[index])) {
      reports[index] = await runIn(thread, tasks[index])
      onReport?.(tasks[index], reports[index])
    }
  }
  const stopped = Promise.withResolvers<never>()
  const stop = () => {
    stopped.reject(signal?.reason as Error)
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([Promise.all(threads.map(work)), stopped.promise])
  } finally {
    signal?.removeEventListener('abort', stop)
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
  return reports
}

/**
 * Deals tasks so that a worker stays with its scenario and seed while there are tasks of them, and begins with ones that no other
 * has begun: what they share is then worked out once.
 * @returns takes the index of the next task for a worker that had this one before
 */
export function taskQueue(tasks: readonly RunTask[]): (before?: RunTask) => number | undefined {
  const waiting = [...tasks.keys()]
  const begun: RunTask[] = []
  const isBegun = (task: RunTask) => begun.some((other) => isSameRound(task, other))
  return (before) => {
    const own = before === undefined ? -1 : waiting.findIndex((index) => isSameRound(tasks[index], before))
    const fresh = own >= 0 ? own : waiting.findIndex((index) => !isBegun(tasks[index]))
    const [index] = waiting.splice(Math.max(0, fresh), 1)
    if (index !== undefined && own < 0) begun.push(tasks[index])
    return index
  }
}

function isSameRound(a: RunTask, b: RunTask): boolean {
  return a.scenario === b.scenario && a.seed === b.seed
}

async function runIn(thread: Worker, task: RunTask): Promise<RunReport> {
  const { scenario, policy, seed } = task
  const fail = (code: ErrorCode, message: string, options?: ErrorOptions): never => {
    throw new PeerbanditError(code, `scenario ${scenario.name}, policy ${policy}, seed ${seed}: ${message}`, options)
  }
  // Rejects when the thread reports an error of its own.
  const answered = once(thread, 'message').catch((cause: unknown) => fail('ERR_WORKER', messageOf(cause), { cause }))
  thread.postMessage(task)
  const [reply] = (await answered) as [RunReply]
  return 'report' in reply ? reply.report : fail(reply.failure.code ?? 'ERR_WORKER', reply.failure.message)
}
