import { StringDecoder } from 'node:string_decoder'
import { PeerbanditError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../job/api-call.ts'
import type { DoneEvent, TokensEvent } from '../router/transport.ts'
import type { Framing, OpenFraming } from './framing.ts'
import { throwIfError } from './http-failure.ts'
import { parseJson } from './json.ts'
import { type TokenUsage, usageOf, viewChunk } from './openai-chunk.ts'

/** How a stream is read. */
export interface StreamFormat {
  readonly framing: OpenFraming
  /** The chunks of OpenAI's stream that a record is. */
  readonly chunksOf: (record: JsonObject) => readonly JsonObject[]
  /** Whether a record is the last, where a record says so. */
  readonly isLast?: (record: JsonObject) => boolean
}

export interface StreamContext {
  readonly format: StreamFormat
  /** Of the backend. */
  readonly name: string
  readonly maxLineLength: number
  /** What was known of the prompt before; 0 when nothing was. */
  readonly promptTokens: number
  /** Whether whoever asked wants the chunks beside the text. */
  readonly withChunks: boolean
}

/** Characters of records after which an event is full: what comes at once may be much, and goes on over frames of bounded size. */
const FULL_LENGTH = 8_192

/** With what OpenAI's streams end. */
const DONE = '[DONE]'

/**
 * Makes events of the bytes of a stream, however they are cut. What goes wrong is kept until what came before it is taken.
 */
export class ReplyStream {
  readonly #context: StreamContext
  readonly #framing: Framing
  readonly #decoder = new StringDecoder('utf8')
  /** Chunks since the last token. */
  #pending: JsonObject[] = []
  #chunks: JsonObject[] = []
  #text = ''
  #count = 0
  /** Of the records that came since the last event. */
  #length = 0
  #ready: TokensEvent[] = []
  #outputTokens = 0
  #usage: TokenUsage | undefined
  #finishes = false
  #finished = false
  #fault: unknown

  constructor(context: StreamContext) {
    this.#context = context
    this.#framing = context.format.framing(context.maxLineLength, this.#onRecord)
  }

  /** Whether it said that nothing more comes. */
  get finished(): boolean {
    return this.#finished
  }

  /** Tokens so far, counted. */
  get outputTokens(): number {
    return this.#outputTokens
  }

  /** @returns what the bytes say: one event mostly, none when they hold no token */
  take(batch: readonly Buffer[]): readonly TokensEvent[] {
    this.#try(() => {
      for (const bytes of batch) this.#framing.feed(this.#decoder.write(bytes))
    })
    return this.#taken()
  }

  /** The bytes are at their end. */
  takeLast(): readonly TokensEvent[] {
    this.#try(() => {
      this.#framing.end()
    })
    return this.#taken()
  }

  /** @throws ERR_PROTOCOL, EngineError: what was wrong with what was taken */
  throwIfFaulty(): void {
    if (this.#fault !== undefined) throw this.#fault as Error
  }

  /** @throws ERR_PROTOCOL when it ended without saying so */
  done(): DoneEvent {
    if (!this.#finished && !this.#finishes) {
      const message = `a stream of ${this.#context.name} must say why it ends (finish_reason, ${DONE} or done), got an end without`
      throw new PeerbanditError('ERR_PROTOCOL', message)
    }
    const { promptTokens, outputTokens } = this.#usage ?? {
      promptTokens: this.#context.promptTokens,
      outputTokens: this.#outputTokens
    }
    const done: DoneEvent = { kind: 'done', promptTokens, outputTokens }
    return this.#pending.length === 0 ? done : { ...done, chunks: this.#pending }
  }

  #try(work: () => void): void {
    if (this.#fault !== undefined) return
    try {
      work()
    } catch (fault) {
      // What comes after the end is nobody's business.
      if (!this.#finished) this.#fault = fault
    }
  }

  #taken(): readonly TokensEvent[] {
    this.#flush()
    const events = this.#ready
    this.#ready = []
    return events
  }

  #flush(): void {
    this.#length = 0
    if (this.#count === 0) return
    const event = { kind: 'tokens', text: this.#text, count: this.#count } as const
    this.#ready.push(this.#context.withChunks ? { ...event, chunks: this.#chunks } : event)
    this.#outputTokens += this.#count
    this.#chunks = []
    this.#text = ''
    this.#count = 0
  }

  readonly #onRecord = (text: string): void => {
    if (this.#finished) return
    if (text === DONE) {
      this.#finished = true
      return
    }
    const { name, format } = this.#context
    const what = `a piece of a stream of ${name}`
    const record = parseJson(what, text)
    if (!isJsonObject(record)) {
      throw new PeerbanditError('ERR_PROTOCOL', `${what} must be a JSON object, got ${text.slice(0, 100)}`)
    }
    throwIfError(name, record)
    for (const chunk of format.chunksOf(record)) this.#add(chunk)
    if (format.isLast?.(record) === true) this.#finished = true
    this.#length += text.length
    if (this.#length > FULL_LENGTH) this.#flush()
  }

  #add(chunk: JsonObject): void {
    const { hasTokens, text, finishes } = viewChunk(chunk)
    this.#usage = usageOf(chunk) ?? this.#usage
    this.#finishes ||= finishes
    if (this.#context.withChunks) this.#pending.push(chunk)
    if (!hasTokens) return
    this.#text += text
    this.#count += 1
    if (this.#chunks.length === 0) this.#chunks = this.#pending
    else this.#chunks.push(...this.#pending)
    this.#pending = []
  }
}
