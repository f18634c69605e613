import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { ApiError } from './api-error.ts'
import { isArray } from './fields.ts'
import { figuresIn, NANOSECONDS_PER_MS } from './ollama-figures.ts'
import { replyOf } from './openai-rendering.ts'
import type { Ending, Rendering } from './rendering.ts'

/** `/api/embed`, and `/api/embeddings` with one vector, from the reply of OpenAI's API or of Ollama's own. */
export class OllamaEmbedding implements Rendering {
  readonly contentType = 'application/json; charset=utf-8'
  readonly #model: string
  readonly #single: boolean

  constructor(model: string, single: boolean) {
    this.#model = model
    this.#single = single
  }

  pieces(): string {
    return ''
  }

  end(_chunks: readonly JsonObject[], { done, usage, timeline }: Ending): string {
    const reply = replyOf(done.reply)
    const vectors = vectorsOf(reply)
    if (this.#single) return JSON.stringify({ embedding: vectors[0] ?? [] })
    const native = isJsonObject(reply['ollama']) ? reply['ollama'] : {}
    return JSON.stringify({
      model: this.#model,
      embeddings: vectors,
      total_duration: Math.round((timeline.endMs - timeline.startMs) * NANOSECONDS_PER_MS),
      prompt_eval_count: usage.promptTokens,
      ...figuresIn(native)
    })
  }

  failure(error: ApiError): string {
    return JSON.stringify(error.body('ollama'))
  }

  reset(): void {
    // Nothing is kept.
  }
}

function vectorOf(item: Json): Json {
  const vector = isJsonObject(item) ? item['embedding'] : undefined
  if (typeof vector !== 'string') return vector ?? []
  const bytes = Buffer.from(vector, 'base64')
  // The buffer's own start need not be one that floats may have.
  return [...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))]
}

function vectorsOf(reply: JsonObject): readonly Json[] {
  if (isArray(reply['embeddings'])) return reply['embeddings']
  if (!isArray(reply['data']))
    throw new ApiError(502, 'the peer that got the request sent no embeddings', { code: 'no_embeddings' })
  return reply['data'].map(vectorOf)
}
