import { afterEach } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Backend, BackendOptions } from '../../src/backends/backend.ts'
import { ollamaBackend } from '../../src/backends/ollama-backend.ts'
import { openAiBackend } from '../../src/backends/openai-backend.ts'
import type { ApiCall, JsonObject } from '../../src/job/api-call.ts'
import type { DoneEvent, InferenceEvent, InferenceRequest, TokensEvent } from '../../src/router/transport.ts'
import { type ScriptedServer, type ScriptedServerOptions, startScriptedServer } from './scripted-server.ts'

const started: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const stop of started.splice(0).reverse()) await stop()
})

/** Stopped after the test, the last one first. */
export function stopLater<T extends { stop(): Promise<unknown> }>(thing: T): T {
  started.push(() => thing.stop())
  return thing
}

export async function startServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  return stopLater(await startScriptedServer(options))
}

export const COMPONENTS = { clock: systemClock, timers: systemClock }

/** An adapter to a server, of its kind. Closed after the test. */
export function backendTo({ kind, url }: { kind: string; url: string }, options: Partial<BackendOptions> = {}): Backend {
  const open = kind === 'ollama' ? ollamaBackend : openAiBackend
  const backend = open(COMPONENTS, { name: 'box', url, ...options })
  started.push(() => backend.close())
  return backend
}

export async function startBackend(
  server: ScriptedServerOptions,
  options: Partial<BackendOptions> = {}
): Promise<{ readonly server: ScriptedServer; readonly backend: Backend }> {
  const running = await startServer(server)
  return { server: running, backend: backendTo(running, options) }
}

export function someRequest(overrides: Partial<InferenceRequest> = {}): InferenceRequest {
  return { jobId: 'job-1', model: 'tiny', prompt: 'is the sky blue?', promptTokens: 0, maxTokens: 3, ...overrides }
}

/** A request that came through an API. */
export function call(endpoint: ApiCall['endpoint'], body: JsonObject, ollama?: JsonObject): InferenceRequest {
  return someRequest({ call: { endpoint, body, ...(ollama === undefined ? {} : { ollama }) } })
}

export const CHAT = call('chat', { model: 'tiny', messages: [{ role: 'user', content: 'hi' }], temperature: 0.5 })
export const NATIVE_CHAT = call(
  'chat',
  {},
  { model: 'tiny', messages: [{ role: 'user', content: 'hi' }], options: { num_ctx: 99 } }
)

/** What an answer comes to, however it was cut. */
export interface Answer {
  readonly text: string
  readonly count: number
  readonly chunks: readonly JsonObject[]
  readonly done: DoneEvent | undefined
  readonly error: unknown
}

export function sumUp(events: readonly InferenceEvent[], error?: unknown): Answer {
  const tokens = events.filter((event): event is TokensEvent => event.kind === 'tokens')
  const dones = events.filter((event): event is DoneEvent => event.kind === 'done')
  return {
    text: tokens.map(({ text }) => text).join(''),
    count: tokens.reduce((sum, { count }) => sum + count, 0),
    chunks: tokens.flatMap(({ chunks = [] }) => chunks),
    done: dones[0],
    error
  }
}

/** Everything that an answer comes to, with what it ended by. */
export async function answerOf(events: AsyncIterable<InferenceEvent>): Promise<Answer> {
  const all: InferenceEvent[] = []
  try {
    for await (const event of events) all.push(event)
    return sumUp(all)
  } catch (error) {
    return sumUp(all, error)
  }
}
