import { Pool } from 'undici'
import type { AbortOptions } from '../core/abort.ts'
import type { Clock, Timers } from '../core/clock.ts'
import type { Json, JsonObject } from '../job/api-call.ts'
import type { BackendSettings } from './backend.ts'
import { Exchange } from './exchange.ts'
import { statusFailure, StatusError } from './http-failure.ts'
import { parseJson } from './json.ts'

/** Most bytes of what a server says of itself: vLLM's metrics have some hundred thousand. */
const MAX_STATUS_BYTES = 4_194_304

function headersOf({ apiKey, headers }: BackendSettings): Record<string, string> {
  const key: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  return { ...key, ...headers }
}

/** Talks HTTP to one server, over connections that are kept. */
export class HttpClient {
  readonly timers: Timers
  readonly #clock: Clock
  readonly #settings: BackendSettings
  readonly #pool: Pool
  readonly #headers: Record<string, string>

  constructor({ clock, timers }: { readonly clock: Clock; readonly timers: Timers }, settings: BackendSettings) {
    this.timers = timers
    this.#clock = clock
    this.#settings = settings
    this.#headers = headersOf(settings)
    const { connectTimeoutMs, idleTimeoutMs } = settings
    this.#pool = new Pool(settings.origin, {
      connect: { timeout: connectTimeoutMs },
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs
    })
  }

  /**
   * @returns the reply that begins, 2xx; read it or abort it
   * @throws what a Backend's infer does
   */
  post(path: string, body: JsonObject, { signal }: AbortOptions): Promise<Exchange> {
    const headers = { ...this.#headers, 'content-type': 'application/json' }
    const { maxReplyBytes: maxBytes } = this.#settings
    return this.#send({ path, method: 'POST', headers, body: JSON.stringify(body) }, maxBytes, signal)
  }

  /** Looks at what the server says of itself. */
  look({ signal }: AbortOptions): Look {
    return new Look(
      this.#settings.name,
      (path) => this.#send({ path, method: 'GET', headers: this.#headers }, MAX_STATUS_BYTES, signal),
      this.#clock
    )
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  async #send(
    request: Parameters<Pool['dispatch']>[0] & { readonly path: string },
    maxBytes: number,
    signal: AbortSignal | undefined
  ): Promise<Exchange> {
    signal?.throwIfAborted()
    const { name, prefix, maxErrorBytes } = this.#settings
    const exchange = new Exchange({ name, maxBytes, signal })
    try {
      this.#pool.dispatch({ ...request, path: prefix + request.path }, exchange)
    } catch (error) {
      exchange.onResponseError(undefined, error as Error)
    }
    const status = await exchange.status
    if (status >= 200 && status <= 299) return exchange
    const body = await firstBytes(exchange, maxErrorBytes, this.timers)
    signal?.throwIfAborted()
    throw statusFailure(name, status, body)
  }
}

/** How long an error's body may take, ms: the status has said most of it. */
const ERROR_BODY_MS = 1_000

/** The beginning of an error's body, as much of it as comes. */
async function firstBytes(exchange: Exchange, maxBytes: number, timers: Timers): Promise<string> {
  const pieces: Buffer[] = []
  const cancel = timers.after(ERROR_BODY_MS, () => {
    exchange.abort(new Error('an error took too long to tell'))
  })
  try {
    for (let bytes = 0; bytes <= maxBytes;) {
      const batch = await exchange.next()
      if (batch.length === 0) break
      for (const piece of batch) bytes += piece.length
      pieces.push(...batch)
    }
  } catch {
    // What came will do.
  }
  cancel()
  exchange.abort(new Error('enough of an error'))
  return Buffer.concat(pieces).subarray(0, maxBytes).toString()
}

/** The whole text of a reply. @throws as Exchange.next */
export async function textOf(exchange: Exchange): Promise<string> {
  const pieces: Buffer[] = []
  for (;;) {
    const batch = await exchange.next()
    if (batch.length === 0) return Buffer.concat(pieces).toString()
    pieces.push(...batch)
  }
}

/** Some requests for what a server says of itself, one after the other. */
export class Look {
  readonly #name: string
  readonly #get: (path: string) => Promise<Exchange>
  readonly #clock: Clock
  #rttMs = Infinity

  constructor(name: string, get: (path: string) => Promise<Exchange>, clock: Clock) {
    this.#name = name
    this.#get = get
    this.#clock = clock
  }

  /** The shortest time to the beginning of an answer, ms; Infinity before the first. */
  get rttMs(): number {
    return this.#rttMs
  }

  async text(path: string): Promise<string> {
    const askedMs = this.#clock.now()
    const answered = () => {
      this.#rttMs = Math.min(this.#rttMs, this.#clock.now() - askedMs)
    }
    try {
      const exchange = await this.#get(path)
      answered()
      return await textOf(exchange)
    } catch (error) {
      if (error instanceof StatusError) answered()
      throw error
    }
  }

  async json(path: string): Promise<Json> {
    return parseJson(`${path} of ${this.#name}`, await this.text(path))
  }
}
