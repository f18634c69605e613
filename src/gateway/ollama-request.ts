import type { JsonObject } from '../job/api-call.ts'
import { invalid } from './api-error.ts'
import { type ApiRequest, flatten, flattenInput } from './api-request.ts'
import { arrayIn, flagIn, isArray, textIn, without } from './fields.ts'
import { isPlain, messagesOf, numPredictOf, parametersOf } from './ollama-body.ts'

function streamOf(body: JsonObject): Pick<ApiRequest, 'stream' | 'includeUsage' | 'choices'> {
  return { choices: 1, stream: flagIn(body, 'stream') ?? true, includeUsage: false }
}

/** `POST /api/chat` @throws ApiError 400 */
export function readOllamaChat(body: JsonObject): ApiRequest {
  const messages = messagesOf(body)
  const tools = arrayIn(body, 'tools')
  const { text, chars } = flatten(messages, tools)
  const chat = { model: body['model'], messages, ...(tools === undefined ? {} : { tools }), ...parametersOf(body) }
  return {
    ...streamOf(body),
    call: { endpoint: 'chat', body: chat, ollama: body },
    text,
    promptChars: chars,
    maxTokens: numPredictOf(body),
    resumable: isPlain(body)
  }
}

/** What a chat has no words for, and a text to be completed has. */
function isCompletion(body: JsonObject): boolean {
  const has = (name: string) => (textIn(body, name) ?? '') !== ''
  return flagIn(body, 'raw') === true || has('suffix') || has('template') || isArray(body['context'])
}

function readText(body: JsonObject, prompt: string): ApiRequest {
  const suffix = textIn(body, 'suffix') ?? ''
  const completion = { model: body['model'], prompt, ...(suffix === '' ? {} : { suffix }), ...parametersOf(body) }
  const { text, chars } = flattenInput(prompt)
  return {
    ...streamOf(body),
    call: { endpoint: 'completion', body: completion, ollama: body },
    text,
    promptChars: chars,
    maxTokens: numPredictOf(body),
    // Of what a template makes of a prompt, more of the prompt would be another.
    resumable: flagIn(body, 'raw') === true && isPlain(body) && suffix === ''
  }
}

/** `POST /api/generate`: a chat of one message, or a text to be completed where a chat would say less. @throws ApiError 400 */
export function readOllamaGenerate(body: JsonObject): ApiRequest {
  const prompt = textIn(body, 'prompt') ?? ''
  if (isCompletion(body)) return readText(body, prompt)
  const system = textIn(body, 'system') ?? ''
  const images = arrayIn(body, 'images')
  const messages = [
    ...(system === '' ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: prompt, ...(images === undefined ? {} : { images }) }
  ]
  return readOllamaChat({ ...without(body, 'prompt', 'system', 'images'), messages })
}

/** `POST /api/embed`, and `/api/embeddings` with its one prompt. @throws ApiError 400 */
export function readOllamaEmbed(body: JsonObject): ApiRequest {
  const input = body['input'] ?? body['prompt']
  if (!(typeof input === 'string' || (isArray(input) && input.every((text) => typeof text === 'string'))))
    throw invalid('input must be a string or an array of strings', 'input')
  const { model, dimensions } = body
  const { text, chars } = flattenInput(input)
  const embedding = { model, input, ...(dimensions === undefined ? {} : { dimensions }) }
  return {
    call: { endpoint: 'embedding', body: embedding, ollama: body },
    text,
    promptChars: chars,
    choices: 1,
    maxTokens: 1,
    resumable: false,
    stream: false,
    includeUsage: false
  }
}

/** Asks to load a model, or to let go of it: no prompt. Ollama answers with what it did. */
export function isLoadRequest(body: JsonObject, api: 'chat' | 'generate'): boolean {
  const said = body[api === 'chat' ? 'messages' : 'prompt']
  return said === undefined || said === null || said === '' || (isArray(said) && said.length === 0)
}
