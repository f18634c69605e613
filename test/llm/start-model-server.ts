import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The name of the model that clients ask for. */
export const MODEL_NAME = 'smollm2-135m'

export interface ModelServerOptions {
  /** Default 1. Threads beyond the free cores make it slower: they wait for each other at every layer. */
  readonly threads?: number
  /** How many times slower than this machine it is, ≥ 1. Default 1. */
  readonly slowFactor?: number
  /** The name that clients ask for. Default smollm2-135m. */
  readonly name?: string
  /** Answers at a time; they share the threads. Default 2. */
  readonly slots?: number
  /** Most requests that wait for a slot. Default 64. */
  readonly queue?: number
  /** 0, the default, takes a free one. */
  readonly port?: number
}

export interface ModelServer {
  /** Without `/v1`. */
  readonly url: string
  readonly model: string
  readonly pid: number
  /** Ends it in the middle of what it does, as a crash would. */
  kill(): Promise<void>
  /** Ends it; what it does is cancelled. */
  stop(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('model-server.ts', import.meta.url))

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/** Starts a model server in a process of its own; it ends with this one. @throws what it wrote last, where it does not start */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { threads = 1, slowFactor = 1, name = MODEL_NAME, slots = 2, queue = 64, port = 0 } = options
  const numbers = { threads, 'slow-factor': slowFactor, slots, queue, port }
  const args = Object.entries(numbers).flatMap(([option, value]) => [`--${option}`, String(value)])
  const child = spawn(process.execPath, [PROGRAM, '--with-parent', '--model', name, ...args], { stdio: 'pipe' })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-4000)
  })
  const lines = createInterface({ input: child.stdout })
  const [ready] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as unknown[]
  if (typeof ready !== 'string') throw new Error(`the model server did not start: ${errors}`)
  const { url } = JSON.parse(ready) as { url: string }
  return { url, model: name, pid: child.pid!, kill: () => end(child, 'SIGKILL'), stop: () => end(child, 'SIGTERM') }
}
