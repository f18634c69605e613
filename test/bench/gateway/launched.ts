import { type ChildProcess, spawn } from 'node:child_process'
import { open, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Timers } from '../../../src/core/clock.ts'
import type { Contestant, Launch } from './contestant.ts'
import { runLoad } from './load.ts'

/** LiteLLM loads for half a minute on a small machine. */
const LONGEST_START_MS = 180_000
const BETWEEN_TRIES_MS = 200
/** From asking to end to ending it. */
const PATIENCE_MS = 5000

/** A gateway that runs and has answered. */
export interface Launched {
  readonly name: string
  readonly setup: string
  readonly version: string
  readonly pid: number
  /** Of /v1/chat/completions. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly startMs: number
  stop(): Promise<void>
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function started({ command, args, env }: Launch, folder: string, log: string): Promise<ChildProcess> {
  const file = await open(log, 'w')
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', file.fd, file.fd] })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  await file.close()
  return child
}

async function stopped(child: ChildProcess, timers: Timers): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const cancel = timers.after(PATIENCE_MS, () => child.kill('SIGKILL'))
  await ended
  cancel()
}

/** The end of what it said: what is wrong, and often a hint after it. */
async function lastLines(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8')).split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .slice(-2)
    .join(' ')
}

/**
 * Starts a gateway and waits until an answer comes through it.
 * @param signal gives up
 * @throws where it ends, or does not answer for three minutes; with the last that it said
 */
export async function launchGateway(
  contestant: Contestant,
  backendUrl: string,
  clock: Clock & Timers,
  signal: AbortSignal
): Promise<Launched> {
  const { name, setup } = contestant
  const version = await contestant.install()
  const folder = await mkdtemp(join(tmpdir(), `peerbandit-bench-${name}-`))
  const log = join(folder, 'log.txt')
  const port = await freePort()
  const startMs = clock.now()
  const child = await started(await contestant.launch({ port, backendUrl, folder }), folder, log)
  const stop = async () => {
    await stopped(child, clock)
    await rm(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}/v1/chat/completions`
  const headers = contestant.headers(backendUrl)
  let refused: string[] = []
  const inTime = () => !signal.aborted && clock.now() - startMs < LONGEST_START_MS
  while (child.exitCode === null && child.signalCode === null && inTime()) {
    const { answers, failures } = await runLoad({ url, headers, shape: 'reply', tokens: 1, connections: 1, requests: 1 }, clock)
    if (answers === 1) return { name, setup, version, pid: child.pid!, url, headers, startMs: clock.now() - startMs, stop }
    refused = Object.keys(failures)
    await new Promise<void>((resolve) => clock.after(BETWEEN_TRIES_MS, resolve))
  }
  const end = child.exitCode === null ? `no right answer, but ${refused.join(', ')}` : `ended with status ${child.exitCode}`
  const said = await lastLines(log)
  await stop()
  throw new Error(`${end}; it said last: ${said}`)
}
