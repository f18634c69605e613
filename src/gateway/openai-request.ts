import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { invalid } from './api-error.ts'
import { type ApiRequest, flatten, flattenInput } from './api-request.ts'
import { arrayIn, flagIn, integerIn, isArray, objectIn, objectsIn } from './fields.ts'

/** As OpenAI has it. */
const MOST_CHOICES = 128

/** Fields that are only read here; all others go through as they are. */
function commonOf(body: JsonObject): Pick<ApiRequest, 'stream' | 'includeUsage' | 'choices'> {
  return {
    choices: integerIn(body, 'n', 1, MOST_CHOICES) ?? 1,
    stream: flagIn(body, 'stream') ?? false,
    includeUsage: flagIn(objectIn(body, 'stream_options') ?? {}, 'include_usage') ?? false
  }
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === false || (isArray(value) && value.length === 0)
}

/** One answer in plain text: what was said so far is all there is to go on from. */
function isPlain(body: JsonObject): boolean {
  const { response_format: format, logprobs } = body
  const plainFormat = isEmpty(format) || (isJsonObject(format) && format['type'] === 'text')
  const bare = ['tools', 'functions', 'echo', 'suffix', 'audio'].every((name) => isEmpty(body[name]))
  return plainFormat && bare && isEmpty(logprobs) && (body['n'] ?? 1) === 1 && (body['best_of'] ?? 1) === 1
}

/** `POST /v1/chat/completions` @throws ApiError 400 */
export function readChat(body: JsonObject): ApiRequest {
  const messages = objectsIn(body, 'messages')
  if (messages === undefined || messages.length === 0)
    throw invalid('messages must be an array of at least one message', 'messages')
  const nameless = messages.findIndex(({ role }) => typeof role !== 'string')
  if (nameless >= 0) throw invalid(`messages[${nameless}].role must be a string`, `messages[${nameless}].role`)
  const common = commonOf(body)
  const tools = arrayIn(body, 'tools')
  const { text, chars } = flatten(messages, tools)
  return {
    ...common,
    call: { endpoint: 'chat', body },
    text,
    promptChars: chars,
    maxTokens: integerIn(body, 'max_completion_tokens', 1) ?? integerIn(body, 'max_tokens', 1),
    resumable: isPlain(body)
  }
}

function inputOf(body: JsonObject, name: string): string | readonly Json[] {
  const input = body[name]
  const isInput = typeof input === 'string' ? input !== '' : isArray(input) && input.length > 0
  if (!isInput) throw invalid(`${name} must be a string or an array that is not empty`, name)
  return input as string | readonly Json[]
}

/** `POST /v1/completions` @throws ApiError 400 */
export function readCompletion(body: JsonObject): ApiRequest {
  // A completion may start from nothing.
  const prompt = body['prompt'] === '' ? '' : inputOf(body, 'prompt')
  const common = commonOf(body)
  const { text, chars } = flattenInput(prompt)
  return {
    ...common,
    call: { endpoint: 'completion', body },
    text,
    promptChars: chars,
    maxTokens: integerIn(body, 'max_tokens', 1),
    // Zero logprobs are still logprobs.
    resumable: isPlain(body) && typeof prompt === 'string' && typeof body['logprobs'] !== 'number'
  }
}

/** `POST /v1/embeddings` @throws ApiError 400 */
export function readEmbedding(body: JsonObject): ApiRequest {
  const { text, chars } = flattenInput(inputOf(body, 'input'))
  const call = { endpoint: 'embedding', body } as const
  return { call, text, promptChars: chars, choices: 1, maxTokens: 1, resumable: false, stream: false, includeUsage: false }
}
