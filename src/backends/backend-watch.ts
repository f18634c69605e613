import { sleep, withDeadline } from '../core/abort.ts'
import { checkInteger, checkPositive, checkRatio } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import type { Rng } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { Observation } from '../peer/observation.ts'
import { TransportError } from '../router/failure.ts'
import type { Backend, BackendStatus } from './backend.ts'
import { backendsByName } from './backend-transport.ts'

export interface BackendWatchComponents {
  readonly clock: Clock
  readonly timers: Timers
  readonly rng: Rng
  /** Told every fact as it is seen. @param atMs ms since the epoch */
  readonly observe: (peer: PeerId, observation: Observation, atMs: number) => void
}

export interface BackendWatchOptions {
  /** Between two polls of a backend, ms > 0. @default 2000 */
  readonly pollIntervalMs?: number
  /** An interval is drawn evenly from ± this share, 0–1, so that routers do not poll in step. @default 0.2 */
  readonly jitterRatio?: number
  /** For one poll, ms > 0. @default 2000 */
  readonly timeoutMs?: number
  /** A backend is gone when it cannot be reached, or after so many other failed polls in a row, ≥ 1. @default 3 */
  readonly failuresToLeave?: number
}

const DEFAULTS = { pollIntervalMs: 2_000, jitterRatio: 0.2, timeoutMs: 2_000, failuresToLeave: 3 } as const

/** Keeps which backends are there and what they serve, and measures them. */
export interface BackendWatch {
  start(): void
  /** Resolves when nothing of it runs any more. Connections stay open. */
  stop(): Promise<void>
  /** The backends that are there and serve the model. */
  members(model: string): PeerId[]
  /** What is served by those that are there, in order. */
  models(): string[]
  /** Whether one serves the model, or did when it was last there. */
  wasServed(model: string): boolean
  /** Resolves when every backend was asked once, whatever came of it; at once where none is watched. */
  asked(): Promise<void>
  /** What a backend last said; undefined while it is not there. */
  status(peer: PeerId): BackendStatus | undefined
  /** Calls back whenever what {@link members} says has changed; the returned function ends that. */
  onChange(listener: () => void): () => void
  /** From now on these: others are let go, new ones are there once they were polled. @throws ERR_INVALID_OPTION when two have one name */
  replace(backends: readonly Backend[]): void
}

interface Watched {
  readonly backend: Backend
  /** Missing while it is not there. */
  status: BackendStatus | undefined
  /** What it served when it was last there. */
  models: readonly string[]
  failures: number
  /** Settled by its first poll, or by its leaving. */
  readonly asked: PromiseWithResolvers<void>
  /** Ends its polls. */
  readonly leaving: AbortController
}

/** A JSON text says which lists are the same. */
function served(status: BackendStatus | undefined): string {
  return JSON.stringify(status?.models)
}

class Watch implements BackendWatch {
  readonly #components: BackendWatchComponents
  readonly #settings: Required<BackendWatchOptions>
  readonly #watched = new Map<PeerId, Watched>()
  readonly #listeners = new Set<() => void>()
  readonly #tasks = new Set<Promise<void>>()
  #running = false

  constructor(
    components: BackendWatchComponents,
    settings: Required<BackendWatchOptions>,
    backends: ReadonlyMap<PeerId, Backend>
  ) {
    this.#components = components
    this.#settings = settings
    for (const backend of backends.values()) this.#add(backend)
  }

  #add(backend: Backend): Watched {
    const asked = Promise.withResolvers<void>()
    const state = { backend, status: undefined, models: [], failures: 0, asked, leaving: new AbortController() }
    this.#watched.set(backend.name, state)
    return state
  }

  #spawn(state: Watched): void {
    const task = this.#watch(state, state.leaving.signal).finally(() => this.#tasks.delete(task))
    this.#tasks.add(task)
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    for (const { backend } of [...this.#watched.values()]) this.#spawn(this.#add(backend))
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const { leaving } of this.#watched.values()) leaving.abort()
    await Promise.all(this.#tasks)
  }

  replace(backends: readonly Backend[]): void {
    const wanted = backendsByName(backends)
    for (const state of [...this.#watched.values()]) {
      if (wanted.get(state.backend.name) !== state.backend) this.#remove(state)
    }
    for (const backend of backends) {
      if (this.#watched.has(backend.name)) continue
      const state = this.#add(backend)
      if (this.#running) this.#spawn(state)
    }
  }

  #remove(state: Watched): void {
    const { name } = state.backend
    state.leaving.abort()
    this.#watched.delete(name)
    if (state.status === undefined) return
    this.#tell(name, { kind: 'disconnected' })
    this.#become(state, undefined)
  }

  members(model: string): PeerId[] {
    return [...this.#watched].filter(([, { status }]) => status?.models.includes(model) === true).map(([peer]) => peer)
  }

  models(): string[] {
    return [...new Set([...this.#watched.values()].flatMap(({ status }) => status?.models ?? []))].sort()
  }

  wasServed(model: string): boolean {
    return [...this.#watched.values()].some(({ models }) => models.includes(model))
  }

  async asked(): Promise<void> {
    if (this.#running) await Promise.all([...this.#watched.values()].map(({ asked }) => asked.promise))
  }

  status(peer: PeerId): BackendStatus | undefined {
    return this.#watched.get(peer)?.status
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  async #watch(state: Watched, signal: AbortSignal): Promise<void> {
    const { timers, rng } = this.#components
    const { pollIntervalMs, jitterRatio } = this.#settings
    while (!signal.aborted) {
      await this.#poll(state, signal)
      state.asked.resolve()
      const jitter = 1 + jitterRatio * (2 * rng.next() - 1)
      await sleep(timers, pollIntervalMs * jitter, { signal }).catch(() => undefined)
    }
  }

  async #poll(state: Watched, signal: AbortSignal): Promise<void> {
    const { backend } = state
    const limit = { ms: this.#settings.timeoutMs, what: `a poll of ${backend.name}`, signal }
    try {
      const status = await withDeadline(this.#components.timers, limit, (held) => backend.poll({ signal: held }))
      if (!signal.aborted) this.#answered(state, status)
    } catch (error) {
      if (!signal.aborted) this.#failed(state, error)
    }
  }

  #answered(state: Watched, status: BackendStatus): void {
    const { name, hardware } = state.backend
    const { models, load, rttMs } = status
    state.failures = 0
    if (state.status === undefined) this.#tell(name, { kind: 'connected' })
    this.#tell(name, { kind: 'ping', rttMs })
    this.#tell(name, { kind: 'load', load })
    const loadRatio = Math.min(1, (load.running + load.queued) / load.slots)
    this.#tell(name, { kind: 'claims', claims: { ...hardware, models, loadRatio } })
    this.#become(state, status)
  }

  #failed(state: Watched, error: unknown): void {
    const { name } = state.backend
    this.#tell(name, { kind: 'ping-failed' })
    state.failures += 1
    if (state.status === undefined) return
    if (!(error instanceof TransportError) && state.failures < this.#settings.failuresToLeave) return
    this.#tell(name, { kind: 'disconnected' })
    this.#become(state, undefined)
  }

  #tell(peer: PeerId, observation: Observation): void {
    this.#components.observe(peer, observation, this.#components.clock.wall())
  }

  #become(state: Watched, status: BackendStatus | undefined): void {
    const changed = served(state.status) !== served(status)
    state.status = status
    state.models = status?.models ?? state.models
    if (changed) for (const listener of this.#listeners) listener()
  }
}

/**
 * Polls backends on an interval, and tells what it sees as observations: `connected` and `disconnected`, the round trip, the load, and as
 * claims the models with what the owner says of the machine. Nothing that a server does is thrown.
 * @throws ERR_INVALID_OPTION, also when two backends have one name
 */
export function backendWatch(
  components: BackendWatchComponents,
  backends: readonly Backend[],
  options: BackendWatchOptions = {}
): BackendWatch {
  const settings = { ...DEFAULTS, ...options }
  checkPositive('pollIntervalMs', settings.pollIntervalMs)
  checkRatio('jitterRatio', settings.jitterRatio)
  checkPositive('timeoutMs', settings.timeoutMs)
  checkInteger('failuresToLeave', settings.failuresToLeave, { min: 1 })
  return new Watch(components, settings, backendsByName(backends))
}
