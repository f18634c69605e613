import type { AbortOptions } from '../core/abort.ts'
import { isJsonObject, type ApiCall, type JsonObject } from '../job/api-call.ts'
import type { InferenceRequest } from '../router/transport.ts'
import { type Backend, type BackendComponents, type BackendOptions, resolveBackendOptions } from './backend.ts'
import { eventStream } from './framing.ts'
import { type Dialect, HttpBackend, type Plan, type SaidStatus } from './http-backend.ts'
import type { Look } from './http-client.ts'
import { LoadSource } from './load-source.ts'
import type { StreamFormat } from './reply-stream.ts'
import { modelNames, type ModelNames, modelNaming, unlessMissing } from './served-models.ts'

const PATHS: Readonly<Record<ApiCall['endpoint'], string>> = {
  chat: '/v1/chat/completions',
  completion: '/v1/completions',
  embedding: '/v1/embeddings'
}

/** The chunks are passed on as they come. */
const FORMAT: StreamFormat = { framing: eventStream, chunksOf: (record) => [record] }

/** For servers whose number of slots nobody says. */
const USUAL_SLOTS = 4

/** A plain prompt is a chat of one message. */
function bodyOf({ prompt, maxTokens, call }: InferenceRequest): JsonObject {
  return call?.body ?? { messages: [{ role: 'user', content: prompt }], max_tokens: maxTokens }
}

/** What to post to a server of OpenAI's API for a request. */
export function openAiPlan(request: InferenceRequest, names: ModelNames): Plan {
  const endpoint = request.call?.endpoint ?? 'chat'
  const path = PATHS[endpoint]
  const body = { ...bodyOf(request), model: names.ownName(request.model) }
  if (endpoint === 'embedding') return { path, body, answer: { kind: 'whole', read: (reply) => reply } }
  const asked: JsonObject = body
  const streamOptions = isJsonObject(asked['stream_options']) ? asked['stream_options'] : {}
  const streamed = { ...body, stream: true, stream_options: { ...streamOptions, include_usage: true } }
  return { path, body: streamed, answer: { kind: 'stream', format: FORMAT } }
}

class OpenAiDialect implements Dialect {
  readonly usualSlots = USUAL_SLOTS
  readonly #names: ModelNames
  readonly #loadSource = new LoadSource()

  constructor(names: ModelNames) {
    this.#names = names
  }

  plan(request: InferenceRequest): Plan {
    return openAiPlan(request, this.#names)
  }

  async status(look: Look, options: AbortOptions): Promise<SaidStatus> {
    const listed = await unlessMissing(look.json('/v1/models'))
    const models = this.#names.served(listed === undefined ? undefined : modelNames(listed, 'data', 'id'))
    return { models, load: await this.#loadSource.read(look, options) }
  }

  lost(): void {
    this.#loadSource.forget()
  }
}

/**
 * A server of OpenAI's API: vLLM, SGLang, llama.cpp's server, LM Studio, Ollama's `/v1` and others. Its load is read where vLLM, SGLang
 * and llama.cpp tell it.
 * @throws ERR_INVALID_OPTION
 */
export function openAiBackend(components: BackendComponents, options: BackendOptions): Backend {
  const settings = resolveBackendOptions(options)
  return new HttpBackend(components, settings, new OpenAiDialect(modelNaming(settings.models)))
}
