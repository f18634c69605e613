import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep } from '../../src/core/abort.ts'
import { checkInteger, checkNonNegative, checkPositive } from '../../src/core/check.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Clock, Timers } from '../../src/core/clock.ts'

/**
 * What a request can meet: `status` is Ollama's own error, 500 and `{"error":…}`; `garbage` is a body that is no JSON; `cut` ends the
 * connection in the middle of the body; `silence` never answers, until the client goes or the server stops.
 */
type OllamaFailure = 'status' | 'garbage' | 'cut' | 'silence'

export interface MockOllamaSettings {
  /** Of each answer, > 0; Infinity answers at once. @default Infinity */
  readonly tokensPerSecond?: number
  /** From the request to the first token, ms ≥ 0. @default 0 */
  readonly firstTokenMs?: number
  /** Answers at a time; the others wait in line. @default 4 */
  readonly slots?: number
  /** What the request of this number, from 0, meets instead of an answer. @default none */
  readonly failure?: (request: number) => OllamaFailure | undefined
}

export interface MockOllama {
  /** Without a path. */
  readonly url: string
  /** Requests since the start. */
  readonly requests: number
  /** Answers that are being made. */
  readonly running: number
  /** Requests that wait for a slot. */
  readonly waiting: number
  /** The prompts that came, in order. */
  readonly prompts: readonly string[]
  /** Changes what is given, for requests that have not begun. */
  set(settings: MockOllamaSettings): void
  stop(): Promise<void>
}

const DEFAULTS = {
  tokensPerSecond: Infinity,
  firstTokenMs: 0,
  slots: 4,
  failure: () => undefined
} as const satisfies MockOllamaSettings

interface ChatRequest {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly stream?: boolean
}

const DEFAULT_TOKENS = 8

/** How many tokens a prompt asks for: its first number before "words", else 8. */
export function tokensAskedFor(prompt: string): number {
  const match = /(\d+) words/.exec(prompt)
  return match === null ? DEFAULT_TOKENS : Number(match[1])
}

function check({ tokensPerSecond, firstTokenMs, slots }: Required<MockOllamaSettings>): void {
  if (tokensPerSecond !== Infinity) checkPositive('tokensPerSecond', tokensPerSecond)
  checkNonNegative('firstTokenMs', firstTokenMs)
  checkInteger('slots', slots, { min: 1 })
}

/** So many at a time, in the order in which they came. */
class Slots {
  readonly #line: (() => void)[] = []
  running = 0

  get waiting(): number {
    return this.#line.length
  }

  async take(slots: number, signal: AbortSignal): Promise<void> {
    if (this.running < slots) {
      this.running++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#line.splice(this.#line.indexOf(enter), 1)
        reject(signal.reason as Error)
      }
      this.#line.push(enter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** Hands the slot on. */
  release(): void {
    const next = this.#line.shift()
    if (next === undefined) this.running--
    else next()
  }
}

async function bodyOf(request: IncomingMessage): Promise<ChatRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, failure: OllamaFailure): void {
  switch (failure) {
    case 'status':
      sendJson(response, 500, { error: 'model runner has unexpectedly stopped' })
      break
    case 'garbage':
      response.end('<html>502 Bad Gateway</html>')
      break
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"model":')
      response.destroy()
      break
    case 'silence':
      break
  }
}

/** Everything that Ollama says of an answer at its end. */
function lastChunk(chat: ChatRequest, clock: Clock, tokens: number, durationMs: number) {
  const nanoseconds = Math.round(durationMs * 1e6)
  return {
    model: chat.model,
    created_at: new Date(clock.wall()).toISOString(),
    done: true,
    done_reason: 'stop',
    total_duration: nanoseconds,
    load_duration: 0,
    prompt_eval_count: 1,
    prompt_eval_duration: 0,
    eval_count: tokens,
    eval_duration: nanoseconds
  }
}

/** What `/api/chat` sends: one object, or with `stream` one a token and the last one. */
function answerBody(chat: ChatRequest, clock: Clock, tokens: number, durationMs: number): string {
  const end = lastChunk(chat, clock, tokens, durationMs)
  const say = (content: string) => ({ role: 'assistant', content })
  if (chat.stream !== true) return JSON.stringify({ ...end, message: say(Array(tokens).fill('word').join(' ')) })
  const chunk = { model: end.model, created_at: end.created_at, message: say('word '), done: false }
  return [...Array<object>(tokens).fill(chunk), { ...end, message: say('') }].map((line) => `${JSON.stringify(line)}\n`).join('')
}

/**
 * A server that answers `POST /api/chat` like Ollama's, at a speed, with so many slots and failures as it is told, on a free port of
 * the loopback. An answer is `word word …`, as long as {@link tokensAskedFor}. Streams come in one piece: who streams from real models
 * is tested elsewhere.
 */
export async function startMockOllama(
  settings: MockOllamaSettings = {},
  clock: Clock & Timers = systemClock
): Promise<MockOllama> {
  let current: Required<MockOllamaSettings> = { ...DEFAULTS, ...settings }
  check(current)
  const slots = new Slots()
  const prompts: string[] = []

  async function answer(chat: ChatRequest, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const prompt = chat.messages[0]?.content ?? ''
    const { tokensPerSecond, firstTokenMs, failure } = current
    const failed = failure(prompts.push(prompt) - 1)
    await slots.take(current.slots, signal)
    try {
      const startMs = clock.now()
      const tokens = tokensAskedFor(prompt)
      const workMs = firstTokenMs + (tokens * 1_000) / tokensPerSecond
      if (failed === undefined && workMs > 0) await sleep(clock, workMs, { signal })
      if (failed === 'silence') await once(signal, 'abort')
      if (failed !== undefined) fail(response, failed)
      else response.end(answerBody(chat, clock, tokens, clock.now() - startMs))
    } finally {
      slots.release()
    }
  }

  const server = createServer((request, response) => {
    const gone = new AbortController()
    response.once('close', () => {
      gone.abort()
    })
    if (request.method !== 'POST' || request.url !== '/api/chat') {
      response.writeHead(404).end()
      return
    }
    bodyOf(request)
      .then((chat) => answer(chat, response, gone.signal))
      .catch((error: unknown) => {
        // A client that went away is told nothing.
        if (!gone.signal.aborted) sendJson(response, 400, { error: String(error) })
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return prompts.length
    },
    get running() {
      return slots.running
    },
    get waiting() {
      return slots.waiting
    },
    prompts,
    set(next) {
      current = { ...current, ...next }
      check(current)
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}
