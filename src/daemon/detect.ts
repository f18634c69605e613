import { type AbortOptions, withDeadline } from '../core/abort.ts'
import { type Timers, systemClock } from '../core/clock.ts'

/** Where a model server may be. */
export interface ServerPlace {
  readonly kind: 'openai' | 'ollama'
  /** As in the configuration. */
  readonly url: string
}

/** A model server that answered. */
export interface FoundServer extends ServerPlace {
  /** Unique among those found. */
  readonly name: string
  /** "Ollama 0.5.7", "vLLM" */
  readonly title: string
}

/** Where Ollama, vLLM and llama.cpp listen if nobody says otherwise. */
export const USUAL_PLACES: readonly ServerPlace[] = [
  { kind: 'ollama', url: 'http://127.0.0.1:11434' },
  { kind: 'openai', url: 'http://127.0.0.1:8000/v1' },
  { kind: 'openai', url: 'http://127.0.0.1:8080/v1' }
]

export interface DetectOptions extends AbortOptions {
  /** How long a server has to answer, ms > 0. @default 1000 */
  readonly timeoutMs?: number
  readonly timers?: Timers
}

const TIMEOUT_MS = 1000

/** Who `owned_by` of a server's models names. */
const OWNERS: Readonly<Record<string, readonly [name: string, title: string]>> = {
  llamacpp: ['llama-cpp', 'llama.cpp'],
  vllm: ['vllm', 'vLLM']
}

/** Asks all places at once which model server is there; one that does not answer, or not as such a server does, is left out. */
export async function detectServers(places: readonly ServerPlace[], options: DetectOptions = {}): Promise<FoundServer[]> {
  const { timeoutMs = TIMEOUT_MS, timers = systemClock, signal } = options
  const asked = places.map(async (place) => {
    const limit = { ms: timeoutMs, what: `asking ${place.url}`, signal }
    return withDeadline(timers, limit, (held) => ask(place, held)).catch(() => undefined)
  })
  const found = (await Promise.all(asked)).filter((server) => server !== undefined)
  signal?.throwIfAborted()
  return found.map((server, i) => ({ ...server, name: uniqueName(server.name, i, found) }))
}

async function ask(place: ServerPlace, signal: AbortSignal): Promise<FoundServer | undefined> {
  const path = place.kind === 'ollama' ? '/api/version' : '/models'
  const response = await fetch(`${place.url}${path}`, { signal, redirect: 'error' })
  if (!response.ok) return undefined
  const answer = await response.json()
  return place.kind === 'ollama' ? ollama(place, answer) : openai(place, answer)
}

function ollama(place: ServerPlace, answer: unknown): FoundServer | undefined {
  const { version } = fields(answer)
  return typeof version === 'string' ? { ...place, name: 'ollama', title: `Ollama ${version}` } : undefined
}

function openai(place: ServerPlace, answer: unknown): FoundServer | undefined {
  const { data } = fields(answer)
  if (!Array.isArray(data)) return undefined
  const { owned_by: owner } = fields(data[0])
  const known = typeof owner === 'string' && Object.hasOwn(OWNERS, owner) ? OWNERS[owner] : undefined
  const [name, title] = known ?? [`openai-${new URL(place.url).port}`, 'a server with the API of OpenAI']
  return { ...place, name, title }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function uniqueName(name: string, index: number, all: readonly FoundServer[]): string {
  const before = all.slice(0, index).filter((other) => other.name === name).length
  return before === 0 ? name : `${name}-${before + 1}`
}
