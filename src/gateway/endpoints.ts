import type { Clock } from '../core/clock.ts'
import type { JsonObject } from '../job/api-call.ts'
import type { Dialect } from './api-error.ts'
import type { ApiRequest } from './api-request.ts'
import type { AnswerIdentity } from './chunk-flow.ts'
import { isLoadRequest, readOllamaChat, readOllamaEmbed, readOllamaGenerate } from './ollama-request.ts'
import { OllamaEmbedding } from './ollama-embedding.ts'
import { OllamaRendering } from './ollama-rendering.ts'
import { OpenAiEmbedding, OpenAiReply, OpenAiStream } from './openai-rendering.ts'
import { readChat, readCompletion, readEmbedding } from './openai-request.ts'
import type { Rendering } from './rendering.ts'

/** A route that runs jobs. */
export interface Endpoint {
  readonly route: string
  readonly dialect: Dialect
  /** @throws ApiError 400 */
  readonly read: (body: JsonObject) => ApiRequest
  readonly rendering: (request: ApiRequest, identity: AnswerIdentity, clock: Clock) => Rendering
  /** The answer to a request that needs no job. */
  readonly shortcut?: (body: JsonObject, clock: Clock) => JsonObject | undefined
}

function openAiRendering({ stream, includeUsage }: ApiRequest, identity: AnswerIdentity): Rendering {
  return stream ? new OpenAiStream(identity, includeUsage) : new OpenAiReply(identity)
}

/** Models are loaded when they are used; who asks for it alone is told that it is done. */
function loaded(api: 'chat' | 'generate'): NonNullable<Endpoint['shortcut']> {
  return (body, clock) => {
    if (!isLoadRequest(body, api)) return undefined
    const said = api === 'chat' ? { message: { role: 'assistant', content: '' } } : { response: '' }
    const doneReason = body['keep_alive'] === 0 ? 'unload' : 'load'
    return {
      model: body['model'],
      created_at: new Date(clock.wall()).toISOString(),
      ...said,
      done: true,
      done_reason: doneReason
    }
  }
}

function ollamaRendering(api: 'chat' | 'generate'): Endpoint['rendering'] {
  return ({ stream }, { model }, clock) => new OllamaRendering({ api, model, stream, clock })
}

export const ENDPOINTS: readonly Endpoint[] = [
  { route: '/v1/chat/completions', dialect: 'openai', read: readChat, rendering: openAiRendering },
  { route: '/v1/completions', dialect: 'openai', read: readCompletion, rendering: openAiRendering },
  { route: '/v1/embeddings', dialect: 'openai', read: readEmbedding, rendering: () => new OpenAiEmbedding() },
  { route: '/api/chat', dialect: 'ollama', read: readOllamaChat, rendering: ollamaRendering('chat'), shortcut: loaded('chat') },
  {
    route: '/api/generate',
    dialect: 'ollama',
    read: readOllamaGenerate,
    rendering: ollamaRendering('generate'),
    shortcut: loaded('generate')
  },
  {
    route: '/api/embed',
    dialect: 'ollama',
    read: readOllamaEmbed,
    rendering: (_request, { model }) => new OllamaEmbedding(model, false)
  },
  {
    route: '/api/embeddings',
    dialect: 'ollama',
    read: readOllamaEmbed,
    rendering: (_request, { model }) => new OllamaEmbedding(model, true)
  }
]
