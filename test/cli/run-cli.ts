import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCli {
  readonly process: ChildProcess
  /** Resolves when standard output matches; rejects if the program ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
}

/** The real program in a process of its own. */
export function startCli(args: readonly string[], options: { readonly cwd?: string } = {}): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], { ...options, env: { ...process.env, NO_COLOR: '1' } })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString()
    for (const watch of watchers) watch()
  })
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => {
      resolve({ status, stdout, stderr })
    })
  })
  return {
    process: child,
    ended,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          const found = pattern.exec(stdout)
          if (found === null) return
          watchers.delete(watch)
          resolve(found)
        }
        watchers.add(watch)
        watch()
        void ended.then(() => {
          reject(new Error(`ended before it said ${String(pattern)}:\n${stdout}\n${stderr}`))
        })
      })
  }
}

export function runCli(args: readonly string[], options: { readonly cwd?: string } = {}): Promise<Ended> {
  return startCli(args, options).ended
}
