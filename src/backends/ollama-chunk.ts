import { PeerbanditError } from '../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { isCount } from './openai-chunk.ts'

/** Of the request that is answered. */
export interface NativeContext {
  readonly jobId: string
  /** Ms since the epoch, for pieces without a date. */
  readonly startedMs: number
}

/** What every piece says in OpenAI's words: `done` and the model, and what was said. Everything else is kept. */
const TOLD = new Set(['model', 'done', 'message', 'response'])
const TOLD_OF_MESSAGE = new Set(['role', 'content'])

function without(object: JsonObject, told: ReadonlySet<string>): Record<string, Json> {
  const rest: Record<string, Json> = {}
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined && !told.has(name)) rest[name] = value
  }
  return rest
}

function secondsOf(createdAt: Json | undefined, { startedMs }: NativeContext): number {
  const ms = typeof createdAt === 'string' ? Date.parse(createdAt) : NaN
  return Math.floor((Number.isNaN(ms) ? startedMs : ms) / 1000)
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Ollama's calls come whole, with arguments as an object; OpenAI's have a number, an id, and arguments as text. */
function toolCallOf(call: Json, index: number, jobId: string): JsonObject {
  const { id, function: called } = isJsonObject(call) ? call : {}
  const { name, arguments: given = {} } = isJsonObject(called) ? called : {}
  return {
    index,
    id: typeof id === 'string' && id !== '' ? id : `call_${jobId}_${index}`,
    type: 'function',
    function: { name: textOf(name), arguments: typeof given === 'string' ? given : JSON.stringify(given) }
  }
}

function usageChunk(record: JsonObject, head: JsonObject): JsonObject[] {
  const { prompt_eval_count: prompt = 0, eval_count: output = 0 } = record
  if (!isCount(prompt) || !isCount(output)) return []
  return [{ ...head, choices: [], usage: { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output } }]
}

function finishReason({ done, done_reason: reason }: JsonObject, calledTools: boolean): string | null {
  if (done !== true) return null
  if (reason === 'length') return 'length'
  return calledTools ? 'tool_calls' : 'stop'
}

/**
 * Makes chunks of OpenAI's `chat.completion.chunk` of the pieces of Ollama's `/api/chat`. A field `ollama` of each has what those do not
 * say: the other fields of the piece (`created_at`, `done_reason`, `total_duration` …), and those of its message beside role and content
 * (`thinking`, `tool_calls` …). The last piece becomes two chunks, the second with the usage.
 * @see https://docs.ollama.com/api/chat
 */
export function chatChunks(context: NativeContext): (record: JsonObject) => JsonObject[] {
  let calls = 0
  let first = true
  return (record) => {
    const { message } = record
    const said = isJsonObject(message) ? message : {}
    const { thinking, tool_calls: toolCalls } = said
    const delta: Record<string, Json> = { content: textOf(said['content']) }
    if (first) delta['role'] = 'assistant'
    first = false
    if (textOf(thinking) !== '') delta['reasoning'] = textOf(thinking)
    if (Array.isArray(toolCalls) && toolCalls.length > 0) {
      delta['tool_calls'] = (toolCalls as readonly Json[]).map((call) => toolCallOf(call, calls++, context.jobId))
    }
    const head = headOf(record, context, { id: `chatcmpl-${context.jobId}`, object: 'chat.completion.chunk' })
    const choice = { index: 0, delta, finish_reason: finishReason(record, calls > 0) }
    const ollama = { ...without(record, TOLD), ...without(said, TOLD_OF_MESSAGE) }
    const chunk = { ...head, choices: [choice], ollama }
    return record['done'] === true ? [chunk, ...usageChunk(record, head)] : [chunk]
  }
}

/**
 * Makes chunks of OpenAI's `text_completion` of the pieces of Ollama's `/api/generate`; what those do not say (`thinking`, `context`,
 * durations …) is in their field `ollama`. Thoughts are in `reasoning` of the choice, too: pieces that hold nothing else are no text.
 * @see https://docs.ollama.com/api/generate
 */
export function completionChunks(context: NativeContext): (record: JsonObject) => JsonObject[] {
  return (record) => {
    const head = headOf(record, context, { id: `cmpl-${context.jobId}`, object: 'text_completion' })
    const choice = {
      index: 0,
      text: textOf(record['response']),
      logprobs: null,
      finish_reason: finishReason(record, false),
      ...(textOf(record['thinking']) === '' ? {} : { reasoning: textOf(record['thinking']) })
    }
    const chunk = { ...head, choices: [choice], ollama: without(record, TOLD) }
    return record['done'] === true ? [chunk, ...usageChunk(record, head)] : [chunk]
  }
}

function headOf(record: JsonObject, context: NativeContext, kind: { readonly id: string; readonly object: string }): JsonObject {
  return { ...kind, created: secondsOf(record['created_at'], context), model: textOf(record['model']) }
}

/**
 * Makes OpenAI's list of embeddings of a reply of Ollama's `/api/embed`; the durations are in its field `ollama`.
 * @see https://docs.ollama.com/api/embed
 * @throws ERR_PROTOCOL
 */
export function embeddingReply(reply: JsonObject): JsonObject {
  const { embeddings, model, prompt_eval_count: count = 0 } = reply
  if (!Array.isArray(embeddings)) {
    throw new PeerbanditError('ERR_PROTOCOL', `a reply of /api/embed must have a list of embeddings, got ${typeof embeddings}`)
  }
  const data = (embeddings as readonly Json[]).map((embedding, index) => ({ object: 'embedding', index, embedding }))
  const tokens = isCount(count) ? count : 0
  return {
    object: 'list',
    data,
    model: textOf(model),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
    ollama: without(reply, new Set(['embeddings', 'model']))
  }
}
