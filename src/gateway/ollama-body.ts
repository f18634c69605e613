import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { invalid } from './api-error.ts'
import { arrayIn, integerIn, isArray, objectIn, objectsIn, textIn } from './fields.ts'

type Mutable = Record<string, Json | undefined>

/** Ollama's options whose names OpenAI's API, or servers that speak it, have too. */
const SAME_MEANING: readonly (readonly [ollama: string, openai: string])[] = [
  ['temperature', 'temperature'],
  ['top_p', 'top_p'],
  ['top_k', 'top_k'],
  ['min_p', 'min_p'],
  ['seed', 'seed'],
  ['stop', 'stop'],
  ['repeat_penalty', 'repetition_penalty'],
  ['presence_penalty', 'presence_penalty'],
  ['frequency_penalty', 'frequency_penalty']
]

/** Most tokens to produce; Ollama's −1 and −2 are no limit. @throws ApiError 400 */
export function numPredictOf(body: JsonObject): number | undefined {
  const limit = integerIn(objectIn(body, 'options') ?? {}, 'num_predict', -2)
  return limit === undefined || limit < 1 ? undefined : limit
}

function formatOf(format: Json | undefined): JsonObject | undefined {
  if (format === undefined || format === null || format === '') return undefined
  if (format === 'json') return { type: 'json_object' }
  if (!isJsonObject(format)) throw invalid('format must be "json" or a JSON schema', 'format')
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: format } }
}

/** Models that reason do so by a level, or at all. */
function thinkOf(think: Json | undefined): JsonObject {
  if (typeof think === 'string') return { reasoning_effort: think }
  if (typeof think === 'boolean') return { chat_template_kwargs: { enable_thinking: think } }
  if (think === undefined || think === null) return {}
  throw invalid('think must be true, false or a level', 'think')
}

/** What options, format and thinking are in OpenAI's words. @throws ApiError 400 */
export function parametersOf(body: JsonObject): JsonObject {
  const options = objectIn(body, 'options') ?? {}
  const parameters: Mutable = { ...thinkOf(body['think']) }
  for (const [ollama, openai] of SAME_MEANING) {
    const value = options[ollama]
    if (value !== undefined && value !== null) parameters[openai] = value
  }
  const maxTokens = numPredictOf(body)
  if (maxTokens !== undefined) parameters['max_tokens'] = maxTokens
  const format = formatOf(body['format'])
  if (format !== undefined) parameters['response_format'] = format
  return parameters
}

const IMAGE_TYPES: readonly (readonly [start: string, type: string])[] = [
  ['/9j/', 'jpeg'],
  ['R0lGOD', 'gif'],
  ['UklGR', 'webp']
]

/** A message's content with the pictures that Ollama keeps beside it. @throws ApiError 400 */
function contentOf(content: string, images: readonly Json[] | undefined): Json {
  if (images === undefined || images.length === 0) return content
  const parts = images.map((image, index) => {
    if (typeof image !== 'string') throw invalid(`images[${index}] must be base64 text`, 'images')
    const type = IMAGE_TYPES.find(([start]) => image.startsWith(start))?.[1] ?? 'png'
    return { type: 'image_url', image_url: { url: image.startsWith('data:') ? image : `data:image/${type};base64,${image}` } }
  })
  return [...(content === '' ? [] : [{ type: 'text', text: content }]), ...parts]
}

interface OpenCall {
  readonly id: string
  readonly name: Json | undefined
}

/** Gives calls of tools the ids that OpenAI's API knows them by, and their results the same. */
class ToolIds {
  readonly #open: OpenCall[] = []
  #made = 0

  calls(calls: readonly JsonObject[]): readonly JsonObject[] {
    return calls.map((call) => {
      const { name, arguments: given } = objectIn(call, 'function') ?? {}
      const id = textIn(call, 'id') ?? `call_${this.#made++}`
      this.#open.push({ id, name })
      return {
        id,
        type: 'function',
        function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}) }
      }
    })
  }

  /** Of the call that a result answers: the first of its name that has none, or else the first. */
  answered(name: Json | undefined): string {
    const index = Math.max(
      0,
      this.#open.findIndex((call) => call.name === name)
    )
    const [call] = this.#open.splice(index, 1)
    return (call as OpenCall | undefined)?.id ?? `call_${this.#made++}`
  }
}

/** Ollama's messages in OpenAI's words. @throws ApiError 400 */
export function messagesOf(body: JsonObject): readonly JsonObject[] {
  const ids = new ToolIds()
  return (objectsIn(body, 'messages') ?? []).map((message, index) => {
    const role = textIn(message, 'role')
    if (role === undefined) throw invalid(`messages[${index}].role must be a string`, `messages[${index}].role`)
    const translated: Mutable = { role, content: contentOf(textIn(message, 'content') ?? '', arrayIn(message, 'images')) }
    const thinking = textIn(message, 'thinking')
    if (thinking !== undefined) translated['reasoning_content'] = thinking
    const calls = objectsIn(message, 'tool_calls')
    if (calls !== undefined && calls.length > 0) translated['tool_calls'] = ids.calls(calls)
    if (role === 'tool')
      translated['tool_call_id'] = textIn(message, 'tool_call_id') ?? ids.answered(message['tool_name'] ?? message['name'])
    return translated
  })
}

/** Whether the answer is to be one in plain text. */
export function isPlain(body: JsonObject): boolean {
  const { tools, format } = body
  return (format === undefined || format === null || format === '') && !(isArray(tools) && tools.length > 0)
}
