import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { withDeadline } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { programPath } from './build.ts'
import type { ProgramName } from './build.ts'

/** What a peer says of itself when it is ready. */
export interface PeerReady {
  readonly id: string
  /** Each ends in `/p2p/<id>`. */
  readonly addresses: readonly string[]
  /** Of an HTTP gateway, where it has one. */
  readonly url?: string
}

export interface PeerProcessOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Until it is ready. @default 30000 */
  readonly startTimeoutMs?: number
  /** From SIGTERM until it is killed. @default 10000 */
  readonly stopTimeoutMs?: number
}

const DEFAULTS = { args: [], env: {}, startTimeoutMs: 30_000, stopTimeoutMs: 10_000 } as const satisfies PeerProcessOptions

/** How much of stderr is kept for the errors. */
const KEPT_CHARACTERS = 8_192

interface Reply {
  readonly call: number
  readonly result: unknown
  readonly error?: string
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** A peer of another implementation in a process of its own, driven over its stdin and stdout: see go/control. Ends with this one. */
export class PeerProcess {
  readonly name: ProgramName
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #waiting = new Map<number, Waiting>()
  readonly #stopTimeoutMs: number
  #calls = 0
  #log = ''
  #ready: PeerReady | undefined

  private constructor(name: ProgramName, options: Required<PeerProcessOptions>) {
    this.name = name
    this.#stopTimeoutMs = options.stopTimeoutMs
    const env = { ...process.env, ...options.env }
    this.#child = spawn(programPath(name), options.args, { stdio: ['pipe', 'pipe', 'pipe'], env })
    // A program that ended no longer reads: the calls that wait are told so below.
    this.#child.stdin.on('error', () => undefined)
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#log = (this.#log + data.toString()).slice(-KEPT_CHARACTERS)
    })
  }

  /** @throws what it wrote last, where it does not start; ERR_TIMEOUT */
  static async start(name: ProgramName, options: PeerProcessOptions = {}): Promise<PeerProcess> {
    const all = { ...DEFAULTS, ...options }
    const peer = new PeerProcess(name, all)
    try {
      await withDeadline(systemClock, { ms: all.startTimeoutMs, what: `the start of ${name}` }, (signal) => peer.#begin(signal))
      return peer
    } catch (error) {
      await peer.kill()
      throw error
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const lines = createInterface({ input: this.#child.stdout })
    const begun: Promise<unknown[]> = Promise.race([once(lines, 'line', { signal }), once(this.#child, 'exit', { signal })])
    const [first] = await begun.catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    })
    if (typeof first !== 'string') throw this.#ended()
    this.#ready = JSON.parse(first) as PeerReady
    lines.on('line', (line) => {
      this.#take(JSON.parse(line) as Reply)
    })
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(this.#ended())
      this.#waiting.clear()
    })
  }

  #ended(): Error {
    const { exitCode, signalCode } = this.#child
    return new Error(`${this.name} ended (${exitCode ?? signalCode}):\n${this.#log}`)
  }

  #take({ call, result, error }: Reply): void {
    const waiting = this.#waiting.get(call)
    this.#waiting.delete(call)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(`${this.name}: ${error}`))
  }

  get ready(): PeerReady {
    if (this.#ready === undefined) throw new Error(`${this.name} is not ready`)
    return this.#ready
  }

  get id(): string {
    return this.ready.id
  }

  /** A loopback address over TCP, with the id. */
  get address(): string {
    const address = this.ready.addresses.find((text) => text.startsWith('/ip4/127.0.0.1/tcp/'))
    if (address === undefined) throw new Error(`${this.name} listens only on ${this.ready.addresses.join(' ')}`)
    return address
  }

  /** The last of what it wrote to stderr. */
  get log(): string {
    return this.#log
  }

  /** Calls a method of the program. @throws what the program answers instead, or what it wrote last, where it ended */
  call<T>(method: string, params: object = {}): Promise<T> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.reject(this.#ended())
    const call = ++this.#calls
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as (result: unknown) => void, reject })
      this.#child.stdin.write(`${JSON.stringify({ call, method, params })}\n`)
    })
  }

  /** Once it ended: null where it was killed. */
  get exitStatus(): number | null {
    return this.#child.exitCode
  }

  /** Asks it to end; after a while it is killed. */
  stop(): Promise<void> {
    return this.#orKilled('SIGTERM')
  }

  /** Closes its stdin, which ends it as well; after a while it is killed. */
  hangUp(): Promise<void> {
    this.#child.stdin.end()
    return this.#orKilled(undefined)
  }

  async #orKilled(signal: NodeJS.Signals | undefined): Promise<void> {
    const release = systemClock.after(this.#stopTimeoutMs, () => this.#child.kill('SIGKILL'))
    try {
      await this.#end(signal)
    } finally {
      release()
    }
  }

  /** Ends it in the middle of what it does, as a crash would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Stops it without ending it: its connections stay open and nothing is answered. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals | undefined): Promise<void> {
    const child = this.#child
    // A program that could not be started has no pid and never exits.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      if (signal !== undefined) child.kill(signal)
      await exited
    }
  }
}
