import type { AbortOptions } from '../core/abort.ts'
import { PeerbanditError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../job/api-call.ts'
import type { LoadReport } from '../job/outcome.ts'
import type { InferenceEvent, InferenceRequest } from '../router/transport.ts'
import type { Backend, BackendComponents, BackendHardware, BackendSettings, BackendStatus } from './backend.ts'
import type { Exchange } from './exchange.ts'
import { HttpClient, type Look, textOf } from './http-client.ts'
import { throwIfError } from './http-failure.ts'
import { parseJson } from './json.ts'
import { usageOf } from './openai-chunk.ts'
import { OwnLoad, type SaidLoad } from './own-load.ts'
import { ReplyStream, type StreamFormat } from './reply-stream.ts'

/** What to send for a request, and how the answer is read. */
export interface Plan {
  readonly path: string
  readonly body: JsonObject
  readonly answer:
    | { readonly kind: 'stream'; readonly format: StreamFormat }
    /** @param read makes OpenAI's reply of the server's */
    | { readonly kind: 'whole'; readonly read: (reply: JsonObject) => JsonObject }
}

/** What a server says of itself. */
export interface SaidStatus {
  readonly models: readonly string[]
  readonly loaded?: readonly string[]
  readonly load: SaidLoad
}

/** How to speak to a kind of server. */
export interface Dialect {
  /** Jobs side by side, as long as nobody says. */
  readonly usualSlots: number
  plan(request: InferenceRequest): Plan
  status(look: Look, options: AbortOptions): Promise<SaidStatus>
  /** It failed to tell its status: it may be another server by now. */
  lost(): void
}

/** The load goes along with the tokens of a job this often at most, ms. */
const LOAD_EVERY_MS = 500

/** Runs jobs at a server of any dialect. */
export class HttpBackend implements Backend {
  readonly name: string
  readonly hardware: BackendHardware
  readonly #components: BackendComponents
  readonly #settings: BackendSettings
  readonly #dialect: Dialect
  readonly #client: HttpClient
  readonly #load: OwnLoad

  constructor(components: BackendComponents, settings: BackendSettings, dialect: Dialect) {
    this.name = settings.name
    this.hardware = settings.hardware
    this.#components = components
    this.#settings = settings
    this.#dialect = dialect
    this.#client = new HttpClient(components, settings)
    this.#load = new OwnLoad(settings.slots, dialect.usualSlots)
  }

  load(): LoadReport {
    return this.#load.report()
  }

  infer(request: InferenceRequest, options: AbortOptions): AsyncIterable<InferenceEvent> {
    const plan = this.#dialect.plan(request)
    return plan.answer.kind === 'stream'
      ? this.#stream(plan, this.#open(plan.answer.format, request), options)
      : this.#whole(plan, plan.answer.read, options)
  }

  async poll(options: AbortOptions = {}): Promise<BackendStatus> {
    const look = this.#client.look(options)
    try {
      const { models, loaded, load } = await this.#dialect.status(look, options)
      this.#load.say(load)
      return { models, ...(loaded === undefined ? {} : { loaded }), load: this.load(), rttMs: look.rttMs }
    } catch (error) {
      this.#dialect.lost()
      this.#load.forget()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #open(format: StreamFormat, { promptTokens, call }: InferenceRequest): ReplyStream {
    const { name, maxLineLength } = this.#settings
    return new ReplyStream({ format, name, maxLineLength, promptTokens, withChunks: call !== undefined })
  }

  async *#stream({ path, body }: Plan, reply: ReplyStream, { signal }: AbortOptions): AsyncGenerator<InferenceEvent> {
    const { clock, timers } = this.#components
    const stay = this.#load.enter()
    let exchange: Exchange | undefined
    let toldMs = -Infinity
    let firstMs = NaN
    let lastMs = NaN
    try {
      exchange = await this.#client.post(path, body, { signal })
      for (let ended = false; !ended && !reply.finished;) {
        const batch = await exchange.next()
        ended = batch.length === 0
        for (const tokens of ended ? reply.takeLast() : reply.take(batch)) {
          lastMs = clock.now()
          if (Number.isNaN(firstMs)) firstMs = lastMs
          if (lastMs - toldMs < LOAD_EVERY_MS) yield tokens
          else {
            toldMs = lastMs
            yield { ...tokens, load: this.load() }
          }
        }
        reply.throwIfFaulty()
      }
      const done = reply.done()
      exchange.leave(timers)
      stay.leave(reply.outputTokens, lastMs - firstMs)
      yield { ...done, load: this.load() }
    } finally {
      stay.leave()
      exchange?.close()
    }
  }

  async *#whole(
    { path, body }: Plan,
    read: (reply: JsonObject) => JsonObject,
    { signal }: AbortOptions
  ): AsyncGenerator<InferenceEvent> {
    const stay = this.#load.enter()
    try {
      const exchange = await this.#client.post(path, body, { signal })
      const reply = read(this.#reply(await textOf(exchange)))
      stay.leave()
      const { promptTokens, outputTokens } = usageOf(reply) ?? { promptTokens: 0, outputTokens: 0 }
      yield { kind: 'done', promptTokens, outputTokens, load: this.load(), reply }
    } finally {
      stay.leave()
    }
  }

  #reply(text: string): JsonObject {
    const what = `a reply of ${this.name}`
    const answer = parseJson(what, text)
    if (!isJsonObject(answer))
      throw new PeerbanditError('ERR_PROTOCOL', `${what} must be a JSON object, got ${text.slice(0, 100)}`)
    throwIfError(this.name, answer)
    return answer
  }
}
