import type { Clock } from '../core/clock.ts'
import type { Json, JsonObject } from '../job/api-call.ts'
import type { ApiError } from './api-error.ts'
import { figuresOf } from './ollama-figures.ts'
import { type Said, saidIn, ToolCalls } from './ollama-said.ts'
import type { Ending, Rendering } from './rendering.ts'

export interface OllamaAnswer {
  readonly api: 'chat' | 'generate'
  readonly model: string
  readonly stream: boolean
  readonly clock: Clock
}

type Line = Pick<Said, 'content' | 'thinking' | 'ofMessage'> & { readonly calls: readonly Json[] | undefined }

/** Lines of JSON, or one reply: chunks of OpenAI's API as Ollama's clients expect them. */
export class OllamaRendering implements Rendering {
  readonly contentType: string
  readonly #answer: OllamaAnswer
  #calls = new ToolCalls()
  #content = ''
  #thinking = ''
  #ofMessage: JsonObject = {}
  /** Of the last line. */
  #extras: JsonObject = {}
  #reason: string | undefined

  constructor(answer: OllamaAnswer) {
    this.#answer = answer
    this.contentType = answer.stream ? 'application/x-ndjson' : 'application/json; charset=utf-8'
  }

  reset(): void {
    this.#calls = new ToolCalls()
    this.#content = ''
    this.#thinking = ''
    this.#ofMessage = {}
    this.#extras = {}
    this.#reason = undefined
  }

  pieces(chunks: readonly JsonObject[]): string {
    let text = ''
    for (const chunk of chunks) text += this.#piece(saidIn(chunk))
    return text
  }

  #piece(said: Said): string {
    this.#calls.take(said)
    this.#reason = said.reason ?? this.#reason
    if (!this.#answer.stream) {
      this.#content += said.content
      this.#thinking += said.thinking
      this.#ofMessage = { ...this.#ofMessage, ...said.ofMessage }
      this.#extras = { ...this.#extras, ...said.extras }
      return ''
    }
    // What comes with the end belongs to the last line.
    if (said.reason !== undefined) this.#extras = { ...this.#extras, ...said.extras }
    if (said.content === '' && said.thinking === '' && said.calls === undefined) return ''
    return `${JSON.stringify({ ...this.#line(said, said.reason === undefined ? said.extras : undefined), done: false })}\n`
  }

  #line({ content, thinking, calls, ofMessage }: Line, extras: JsonObject | undefined): JsonObject {
    const { api, model, clock } = this.#answer
    const head = { created_at: new Date(clock.wall()).toISOString(), ...extras, model }
    const thought = thinking === '' ? {} : { thinking }
    const called = calls === undefined || calls.length === 0 ? {} : { tool_calls: calls }
    if (api === 'generate') return { ...head, response: content, ...thought, ...called }
    return { ...head, message: { ...ofMessage, role: 'assistant', content, ...thought, ...called } }
  }

  end(chunks: readonly JsonObject[], ending: Ending): string {
    const before = this.pieces(chunks)
    const { stream } = this.#answer
    const { native, assembled } = this.#calls
    // Those that came whole were told in their line.
    const calls = stream ? assembled : [...native, ...assembled]
    const line = { content: this.#content, thinking: this.#thinking, ofMessage: this.#ofMessage, calls }
    const last = {
      ...this.#line(line, this.#extras),
      done: true,
      done_reason: this.#extras['done_reason'] ?? (this.#reason === 'length' ? 'length' : 'stop'),
      ...figuresOf(ending, this.#extras)
    }
    return `${before}${JSON.stringify(last)}${stream ? '\n' : ''}`
  }

  failure(error: ApiError): string {
    return `${JSON.stringify(error.body('ollama'))}${this.#answer.stream ? '\n' : ''}`
  }
}
