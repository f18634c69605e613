import type { AbortOptions } from '../core/abort.ts'
import type { Clock } from '../core/clock.ts'
import type { ApiCall, JsonObject } from '../job/api-call.ts'
import type { InferenceRequest } from '../router/transport.ts'
import { type Backend, type BackendComponents, type BackendOptions, resolveBackendOptions } from './backend.ts'
import { jsonLines } from './framing.ts'
import { type Dialect, HttpBackend, type Plan, type SaidStatus } from './http-backend.ts'
import type { Look } from './http-client.ts'
import { chatChunks, completionChunks, embeddingReply, type NativeContext } from './ollama-chunk.ts'
import { openAiPlan } from './openai-backend.ts'
import { modelNames, type ModelNames, modelNaming, unlessMissing } from './served-models.ts'

const PATHS: Readonly<Record<ApiCall['endpoint'], string>> = {
  chat: '/api/chat',
  completion: '/api/generate',
  embedding: '/api/embed'
}

/** As Ollama starts without OLLAMA_NUM_PARALLEL. */
const USUAL_SLOTS = 1

const LATEST = ':latest'

/** To Ollama, a name without a tag means the latest. */
function withShortNames(names: readonly string[]): string[] {
  return names.flatMap((name) => (name.endsWith(LATEST) ? [name, name.slice(0, -LATEST.length)] : [name]))
}

/** The older `/api/embeddings` calls its input a prompt. */
function embeddingBody({ prompt, ...body }: JsonObject): JsonObject {
  return body['input'] === undefined && prompt !== undefined ? { ...body, input: prompt } : body
}

function nativePlan(endpoint: ApiCall['endpoint'], body: JsonObject, context: NativeContext): Plan {
  const path = PATHS[endpoint]
  if (endpoint === 'embedding') return { path, body: embeddingBody(body), answer: { kind: 'whole', read: embeddingReply } }
  const format = {
    framing: jsonLines,
    chunksOf: endpoint === 'chat' ? chatChunks(context) : completionChunks(context),
    isLast: (record: JsonObject) => record['done'] === true
  }
  return { path, body: { ...body, stream: true }, answer: { kind: 'stream', format } }
}

class OllamaDialect implements Dialect {
  readonly usualSlots = USUAL_SLOTS
  readonly #clock: Clock
  readonly #names: ModelNames

  constructor(clock: Clock, names: ModelNames) {
    this.#clock = clock
    this.#names = names
  }

  plan(request: InferenceRequest): Plan {
    const { call, model, jobId } = request
    if (call?.ollama === undefined) return openAiPlan(request, this.#names)
    const body = { ...call.ollama, model: this.#names.ownName(model) }
    return nativePlan(call.endpoint, body, { jobId, startedMs: this.#clock.wall() })
  }

  /** It does not say how many jobs it has: there is no load but our own. */
  async status(look: Look, _: AbortOptions): Promise<SaidStatus> {
    const models = this.#served(modelNames(await look.json('/api/tags'), 'models', 'name'))
    const running = await unlessMissing(look.json('/api/ps'))
    if (running === undefined) return { models, load: {} }
    return { models, loaded: this.#served(modelNames(running, 'models', 'name')), load: {} }
  }

  lost(): void {
    // It is asked the same every time.
  }

  #served(names: readonly string[]): string[] {
    return this.#names.served(withShortNames(names))
  }
}

/**
 * An Ollama server. What an Ollama client sent goes to it in Ollama's own words, and comes back as chunks of OpenAI's with what those do
 * not say in a field `ollama` (see {@link chatChunks}); everything else goes through its `/v1`.
 * @throws ERR_INVALID_OPTION
 */
export function ollamaBackend(components: BackendComponents, options: BackendOptions): Backend {
  const settings = resolveBackendOptions(options)
  return new HttpBackend(components, settings, new OllamaDialect(components.clock, modelNaming(settings.models)))
}
