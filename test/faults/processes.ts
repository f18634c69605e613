import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/core/clock.ts'
import type { Fault } from './echo-words.ts'

const ECHO = join(import.meta.dirname, 'echo-server.ts')
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

/** Starts a program and waits until it says something. @throws what it said instead, when it ends before */
async function start(
  script: string,
  args: readonly string[],
  said: RegExp
): Promise<{ child: ChildProcess; match: RegExpExecArray }> {
  const child = fork(script, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, NO_COLOR: '1' } })
  let output = ''
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const take = (data: Buffer) => {
      output = (output + data.toString()).slice(-8_192)
      const found = said.exec(output)
      if (found !== null) resolve(found)
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('exit', (status, signal) => {
      reject(new Error(`${script} ended (${status ?? signal}) before it was ready:\n${output}`))
    })
  })
  return { child, match }
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

/** A model server, and what can be done to it. */
export class EchoProcess {
  readonly name: string
  readonly tokenMs: number
  port = 0
  #child: ChildProcess | undefined

  constructor(name: string, tokenMs: number) {
    this.name = name
    this.tokenMs = tokenMs
  }

  /** Starts it, again on the port that it had. */
  async start(): Promise<void> {
    const { child, match } = await start(ECHO, [String(this.port), this.name, String(this.tokenMs)], /listens on (\d+)/)
    this.#child = child
    this.port = Number(match[1])
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    child.kill('SIGKILL')
    await ended(child)
  }

  stop(): void {
    this.#child?.kill('SIGSTOP')
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
  }

  async fault(fault: Fault): Promise<void> {
    const reply = await fetch(`http://127.0.0.1:${this.port}/fault`, { method: 'POST', body: JSON.stringify(fault) })
    await reply.text()
  }
}

/** When the router was away, ms of the clock: from when it was told to go until it served again. */
export interface Away {
  readonly how: 'SIGTERM' | 'SIGKILL'
  readonly fromMs: number
  readonly fromWallMs: number
  toMs: number
  /** Of the router that went; null when it was killed. */
  status: number | null
}

/** `peerbandit serve`, and its coming and going. */
export class RouterProcess {
  readonly port: number
  readonly aways: Away[] = []
  readonly complaints: string[] = []
  readonly #config: string
  #child: ChildProcess | undefined
  #back: Promise<void> = Promise.resolve()

  constructor(config: string, port: number) {
    this.#config = config
    this.port = port
  }

  async start(): Promise<void> {
    const { child } = await start(MAIN, ['serve', '--config', this.#config], /peerbandit serves at/)
    child.stderr?.on('data', (data: Buffer) => this.complaints.push(data.toString().trim()))
    this.#child = child
  }

  /** Resolves when it serves, at once if it does. */
  back(): Promise<void> {
    return this.#back
  }

  restart(how: Away['how']): Promise<void> {
    this.#back = this.#restart(how)
    return this.#back
  }

  async #restart(how: Away['how']): Promise<void> {
    const away: Away = { how, fromMs: systemClock.now(), fromWallMs: systemClock.wall(), toMs: Infinity, status: null }
    this.aways.push(away)
    away.status = await this.stop(how)
    await this.start()
    away.toMs = systemClock.now()
  }

  /** Tells it to read its configuration again. */
  reload(): void {
    this.#child?.kill('SIGHUP')
  }

  /** @returns its exit status */
  async stop(how: Away['how']): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return null
    child.kill(how)
    return ended(child)
  }
}

/** The configuration of a router in front of servers: everything happens sooner than in production. */
export async function writeConfig(
  directory: string,
  { port, servers }: { readonly port: number; readonly servers: readonly EchoProcess[] }
): Promise<string> {
  const path = join(directory, 'config.json')
  const backends = servers.map(({ name, port: at }) => ({
    name,
    kind: 'openai',
    url: `http://127.0.0.1:${at}/v1`,
    models: ['echo']
  }))
  const config = {
    listen: { port },
    backends,
    routing: {
      maxAttempts: 4,
      firstTokenTimeoutMs: 2_500,
      stallTimeoutMs: 1_500,
      hedging: { enabled: true, budgetRatio: 0.1 },
      health: { coolDownMs: 500, maxCoolDownMs: 2_000 }
    },
    defaults: { deadlineMs: 20_000 },
    journal: { path: join(directory, 'journal') },
    log: { level: 'error' },
    drainSeconds: 20
  }
  await writeFile(path, JSON.stringify(config, undefined, 2))
  return path
}
