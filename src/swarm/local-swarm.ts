import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type AbortOptions, withDeadline } from '../core/abort.ts'
import { systemClock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { HostCommand, HostReply, HostSpec, StartedWorker, WorkerSpec } from './swarm-spec.ts'

const HOST_PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'swarm-host.ts' : 'swarm-host.js', import.meta.url))
const START_TIMEOUT_MS = 30_000

export interface LocalSwarmSpec {
  readonly bootstrapKeySeed: string
  readonly workers: readonly WorkerSpec[]
  /** Workers with a process of their own, so that they can be killed. */
  readonly mortal: readonly string[]
}

/** A swarm on this machine, outside this process: one bootstrap node and its workers. */
export interface LocalSwarm {
  /** Addresses of the bootstrap node. */
  readonly bootstrap: readonly string[]
  readonly workers: readonly StartedWorker[]
  /** Time 0 of the workers' comings and goings. */
  go(): void
  setSpeed(worker: string, factor: number): void
  /** Ends a mortal worker's process with SIGKILL. */
  kill(worker: string): void
  /** Starts it again, with the same identity and at the same address. */
  revive(worker: string): Promise<void>
  stop(): Promise<void>
}

interface Host {
  readonly process: ChildProcess
  readonly started: Extract<HostReply, { kind: 'started' }>
  send(command: HostCommand): void
}

async function startHost(spec: HostSpec, { signal }: AbortOptions): Promise<Host> {
  const child = fork(HOST_PROGRAM, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const send = (command: HostCommand) => {
    // A host that has just died takes no commands; whoever asked sees its peers go.
    if (child.connected) child.send(command, () => undefined)
  }
  try {
    const limit = { ms: START_TIMEOUT_MS, what: 'starting a swarm host', signal }
    const started = await withDeadline(systemClock, limit, (held) => {
      const reply = firstReply(child, held)
      send({ kind: 'start', spec })
      return reply
    })
    return { process: child, started, send }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function firstReply(child: ChildProcess, signal: AbortSignal): Promise<Host['started']> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
    const ended = (code: number | null) => {
      reject(new PeerbanditError('ERR_WORKER', `a swarm host ended with status ${code} before it had started`))
    }
    child.once('error', reject)
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      const reply = message as HostReply
      if (reply.kind === 'started') resolve(reply)
      else reject(new PeerbanditError('ERR_WORKER', `a swarm host could not start: ${reply.message}`))
    })
  })
}

async function stopHost({ process: child }: Host): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve()
    })
  })
  if (child.connected) child.disconnect()
  else child.kill('SIGKILL')
  await gone
}

/** @throws ERR_WORKER when a process does not start, ERR_TIMEOUT, the signal's reason */
export async function startLocalSwarm(spec: LocalSwarmSpec, options: AbortOptions = {}): Promise<LocalSwarm> {
  const isMortal = ({ name }: WorkerSpec) => spec.mortal.includes(name)
  const main = await startHost(
    { bootstrapKeySeed: spec.bootstrapKeySeed, bootstrap: [], workers: spec.workers.filter((worker) => !isMortal(worker)) },
    options
  )
  const { bootstrap } = main.started
  const alone = new Map<string, Host>()
  const hosts = () => [main, ...alone.values()]

  async function start(worker: WorkerSpec): Promise<void> {
    alone.set(worker.name, await startHost({ bootstrap, workers: [worker] }, options))
  }

  async function stop(): Promise<void> {
    await Promise.all(hosts().map(stopHost))
  }

  try {
    await Promise.all(spec.workers.filter(isMortal).map(start))
  } catch (error) {
    await stop()
    throw error
  }
  const workers = hosts().flatMap(({ started }) => started.workers)

  return {
    bootstrap,
    workers,
    go() {
      for (const host of hosts()) host.send({ kind: 'go' })
    },
    setSpeed(worker, factor) {
      for (const host of hosts()) host.send({ kind: 'set-speed', worker, factor })
    },
    kill(worker) {
      alone.get(worker)?.process.kill('SIGKILL')
    },
    async revive(worker) {
      const found = spec.workers.find(({ name }) => name === worker)
      const relayPort = workers.find(({ name }) => name === worker)?.relayPort
      if (found !== undefined) await start({ ...found, ...(relayPort === undefined ? {} : { relayPort }), away: [] })
    },
    stop
  }
}
