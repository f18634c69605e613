import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load.ts'

const besides = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** The next message of a process. @throws where it ends instead */
function messageFrom(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => {
      reject(new Error(`${child.spawnargs.at(-1)} ended with ${code}`))
    }
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

export interface Backend {
  /** Up to and with /v1. */
  readonly url: string
  stop(): void
}

/** The instant server in a process of its own. @param intervalMs between tokens of paced streams, ms */
export async function startBackend(intervalMs: number): Promise<Backend> {
  const child = fork(besides('instant-backend.ts'), [String(intervalMs)])
  const url = (await messageFrom(child)) as string
  return { url, stop: () => child.disconnect() }
}

export interface LoadGenerator {
  /** One job at a time. */
  run(job: LoadJob): Promise<LoadResult>
  stop(): void
}

/** A load generator in a process of its own. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(besides('load-process.ts'))
  return {
    run: async (job) => {
      const result = messageFrom(child)
      child.send(job)
      return (await result) as LoadResult
    },
    stop: () => child.disconnect()
  }
}
