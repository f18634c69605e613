import { isJsonObject, type JsonObject } from '../job/api-call.ts'
import { ApiError } from './api-error.ts'
import { ReplyAssembler } from './assemble.ts'
import type { AnswerIdentity, Usage } from './chunk-flow.ts'
import { isArray, without } from './fields.ts'
import type { Ending, Rendering } from './rendering.ts'

function usageOf({ promptTokens, outputTokens, told }: Usage): JsonObject {
  return told ?? { prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens }
}

function isBare({ choices }: JsonObject): boolean {
  return !isArray(choices) || choices.length === 0
}

/** Server-sent events, a chunk each. */
export class OpenAiStream implements Rendering {
  readonly contentType = 'text/event-stream; charset=utf-8'
  readonly #identity: AnswerIdentity
  readonly #includeUsage: boolean
  #last: JsonObject | undefined

  constructor(identity: AnswerIdentity, includeUsage: boolean) {
    this.#identity = identity
    this.#includeUsage = includeUsage
  }

  pieces(chunks: readonly JsonObject[]): string {
    let text = ''
    for (const chunk of chunks) {
      const shown = this.#shown(chunk)
      if (shown !== undefined) text += `data: ${JSON.stringify(shown)}\n\n`
    }
    return text
  }

  end(chunks: readonly JsonObject[], { usage }: Ending): string {
    const text = this.pieces(chunks)
    if (!this.#includeUsage) return `${text}data: [DONE]\n\n`
    const chunk = { ...this.#opening(), choices: [], usage: usageOf(usage) }
    return `${text}data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`
  }

  failure(error: ApiError): string {
    return `data: ${JSON.stringify(error.body('openai'))}\n\n`
  }

  reset(): void {
    this.#last = undefined
  }

  /** Without what is meant for Ollama's clients, and without the usage, which comes once at the end or not at all. */
  #shown(chunk: JsonObject): JsonObject | undefined {
    this.#last = chunk
    if (chunk['ollama'] === undefined && chunk['usage'] === undefined) return chunk
    if (isJsonObject(chunk['usage']) && isBare(chunk)) return undefined
    const rest = without(chunk, 'ollama', 'usage')
    return this.#includeUsage && chunk['usage'] !== undefined ? { ...rest, usage: null } : rest
  }

  #opening(): JsonObject {
    const { id, created, model, endpoint } = this.#identity
    const object = endpoint === 'chat' ? 'chat.completion.chunk' : 'text_completion'
    if (this.#last === undefined) return { id, object, created, model }
    return without(this.#last, 'choices', 'usage', 'ollama')
  }
}

/** The whole reply at once. */
export class OpenAiReply implements Rendering {
  readonly contentType = 'application/json; charset=utf-8'
  readonly #isChat: boolean
  #assembler = new ReplyAssembler()

  constructor({ endpoint }: AnswerIdentity) {
    this.#isChat = endpoint === 'chat'
  }

  pieces(chunks: readonly JsonObject[]): string {
    for (const chunk of chunks) this.#assembler.take(chunk)
    return ''
  }

  end(chunks: readonly JsonObject[], { usage }: Ending): string {
    this.pieces(chunks)
    const reply = without(this.#assembler.reply(this.#isChat), 'ollama')
    return JSON.stringify({ ...reply, usage: usageOf(usage) })
  }

  failure(error: ApiError): string {
    return JSON.stringify(error.body('openai'))
  }

  reset(): void {
    this.#assembler = new ReplyAssembler()
  }
}

/** A reply that peers send whole: embeddings. */
export class OpenAiEmbedding implements Rendering {
  readonly contentType = 'application/json; charset=utf-8'

  pieces(): string {
    return ''
  }

  end(_chunks: readonly JsonObject[], { done }: Ending): string {
    return JSON.stringify(replyOf(done.reply))
  }

  failure(error: ApiError): string {
    return JSON.stringify(error.body('openai'))
  }

  reset(): void {
    // Nothing is kept.
  }
}

/** @throws ApiError 502 if a peer made something else of the request */
export function replyOf(reply: JsonObject | undefined): JsonObject {
  if (reply !== undefined) return reply
  throw new ApiError(502, 'the peer that got the request sent no embeddings', { code: 'no_embeddings' })
}
