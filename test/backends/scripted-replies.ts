import type { JsonObject } from '../../src/job/api-call.ts'

/** Whose words a scripted server speaks. */
export type ServerKind = 'openai' | 'vllm' | 'sglang' | 'llamacpp' | 'ollama'

/** What goes wrong with an answer, after so many of its tokens (0: after the head). */
export type Fault =
  /** Another status, with an error in the server's own shape unless told otherwise. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: string | JsonObject }
  /** Takes the request and never answers. */
  | { readonly kind: 'silent' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'hang-up' }
  /** Sends nothing more and keeps the connection. */
  | { readonly kind: 'stall'; readonly afterTokens: number }
  /** Destroys the connection. */
  | { readonly kind: 'cut'; readonly afterTokens: number }
  /** Ends the reply as if it were whole, without a reason to finish. */
  | { readonly kind: 'end'; readonly afterTokens: number }
  /** Sends the text instead of the next piece, and ends. @default a record that is no JSON */
  | { readonly kind: 'garbage'; readonly afterTokens: number; readonly text?: string }
  /** Reports an error inside the stream, and ends. */
  | { readonly kind: 'error'; readonly afterTokens: number; readonly message: string }

/** How a job is answered. Everything has a default: two words, said at once. */
export interface Script {
  /** The tokens of the answer. @default ['Hello', ' world'] */
  readonly words?: readonly string[]
  /** Tokens of thoughts before the answer. @default none */
  readonly thoughts?: readonly string[]
  /** Tools that are called after the words, a token each. @default none */
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[]
  /** @default 'stop', or 'tool_calls' where tools are called */
  readonly finishReason?: string
  /** @default 5 */
  readonly promptTokens?: number
  /** Whether the usage is told. @default true */
  readonly usage?: boolean
  /** Whether the stream ends with `[DONE]`, where streams do. @default true */
  readonly done?: boolean
  /** Before the first token and before each further one, ms; unset: all at once. */
  readonly firstTokenMs?: number
  readonly tokenMs?: number
  /** Writes the bytes in pieces of this size, cutting through characters and records. @default a record at a time */
  readonly pieceBytes?: number
  readonly fault?: Fault
}

export interface Asked {
  readonly path: string
  readonly body: JsonObject
  /** Number of the request, for its id. */
  readonly number: number
}

/** A reply: pieces of text as they go over the wire, those of tokens first. */
export interface Reply {
  readonly contentType: string
  readonly head: readonly string[]
  readonly tokens: readonly string[]
  readonly tail: readonly string[]
  readonly record: (value: JsonObject | string) => string
}

const CREATED = 1_767_225_600
const CREATED_AT = '2026-01-01T00:00:00.123456Z'

function sse(value: JsonObject | string): string {
  return `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
}

function ndjson(value: JsonObject | string): string {
  return `${typeof value === 'string' ? value : JSON.stringify(value)}\n`
}

function modelOf({ body }: Asked): string {
  return typeof body['model'] === 'string' ? body['model'] : ''
}

interface Said {
  readonly words: readonly string[]
  readonly thoughts: readonly string[]
  readonly toolCalls: NonNullable<Script['toolCalls']>
  readonly promptTokens: number
  readonly outputTokens: number
  readonly finishReason: string
}

function said(script: Script): Said {
  const { words = ['Hello', ' world'], thoughts = [], toolCalls = [], promptTokens = 5 } = script
  const finishReason = script.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop')
  const outputTokens = words.length + thoughts.length + toolCalls.length
  return { words, thoughts, toolCalls, promptTokens, outputTokens, finishReason }
}

function openAiStream(script: Script, asked: Asked): Reply {
  const { words, thoughts, toolCalls, promptTokens, outputTokens, finishReason } = said(script)
  const chat = asked.path.endsWith('/chat/completions')
  const base = chat
    ? { id: `chatcmpl-${asked.number}`, object: 'chat.completion.chunk', created: CREATED, model: modelOf(asked) }
    : { id: `cmpl-${asked.number}`, object: 'text_completion', created: CREATED, model: modelOf(asked) }
  const chunk = (delta: JsonObject, reason: string | null = null): string =>
    sse({
      ...base,
      choices: [
        chat
          ? { index: 0, delta, logprobs: null, finish_reason: reason }
          : { index: 0, text: delta['content'] ?? '', logprobs: null, finish_reason: reason }
      ]
    })
  const call = ({ name, arguments: given }: Said['toolCalls'][number], index: number): JsonObject => ({
    tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: JSON.stringify(given) } }]
  })
  const usage = { prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens }
  return {
    contentType: 'text/event-stream; charset=utf-8',
    head: chat ? [chunk({ role: 'assistant', content: '' })] : [],
    tokens: [
      ...thoughts.map((text) => chunk({ reasoning_content: text })),
      ...words.map((content) => chunk({ content })),
      ...toolCalls.map((each, index) => chunk(call(each, index)))
    ],
    tail: [
      chunk({}, finishReason),
      ...(script.usage === false ? [] : [sse({ ...base, choices: [], usage })]),
      ...(script.done === false ? [] : [sse('[DONE]')])
    ],
    record: sse
  }
}

function ollamaStream(script: Script, asked: Asked): Reply {
  const { words, thoughts, toolCalls, promptTokens, outputTokens, finishReason } = said(script)
  const chat = asked.path === '/api/chat'
  const base = { model: modelOf(asked), created_at: CREATED_AT }
  const piece = (content: string, more: JsonObject = {}): string =>
    ndjson(
      chat
        ? { ...base, message: { role: 'assistant', content, ...more }, done: false }
        : { ...base, response: content, ...more, done: false }
    )
  const last = {
    ...base,
    ...(chat ? { message: { role: 'assistant', content: '' } } : { response: '', context: [1, 2, 3] }),
    done: true,
    done_reason: finishReason === 'tool_calls' ? 'stop' : finishReason,
    total_duration: 4_883_583_458,
    load_duration: 1_334_875,
    prompt_eval_duration: 342_546_000,
    eval_duration: 4_535_599_000,
    ...(script.usage === false ? {} : { prompt_eval_count: promptTokens, eval_count: outputTokens })
  }
  return {
    contentType: 'application/x-ndjson',
    head: [],
    tokens: [
      ...thoughts.map((thinking) => piece('', { thinking })),
      ...words.map((word) => piece(word)),
      ...toolCalls.map((called) => piece('', { tool_calls: [{ function: { name: called.name, arguments: called.arguments } }] }))
    ],
    tail: [ndjson(last)],
    record: ndjson
  }
}

/** The reply to a job, whole. */
export function replyOf(script: Script, asked: Asked): Reply {
  return asked.path.startsWith('/api/') ? ollamaStream(script, asked) : openAiStream(script, asked)
}

/** Two numbers for every input. */
export function embeddingOf({ path, body }: Asked): JsonObject {
  const input = Array.isArray(body['input']) ? body['input'] : [body['input']]
  const vectors = input.map((text) => [String(text).length, 0.5])
  const model = body['model']
  if (path === '/api/embed')
    return { model, embeddings: vectors, total_duration: 14_143_917, load_duration: 1_019_500, prompt_eval_count: 8 }
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  return { object: 'list', data, model, usage: { prompt_tokens: 8, total_tokens: 8 } }
}

/** An error in a server's own shape. */
export function errorOf(kind: ServerKind, status: number, message: string): JsonObject {
  switch (kind) {
    case 'ollama':
      return { error: message }
    case 'llamacpp':
      return { error: { code: status, message, type: status === 503 ? 'unavailable_error' : 'invalid_request_error' } }
    case 'sglang':
      return { object: 'error', message, type: 'BadRequestError', param: null, code: status }
    case 'vllm':
      return { error: { message, type: status === 404 ? 'NotFoundError' : 'BadRequestError', param: null, code: status } }
    case 'openai':
      return { error: { message, type: 'invalid_request_error', param: null, code: status === 404 ? 'model_not_found' : null } }
  }
}

export interface ScriptedLoad {
  readonly running: number
  readonly queued: number
  /** Of llama.cpp. */
  readonly slots: number
}

/** `/metrics` as the kind of server has it, with some of what stands around the figures. */
export function metricsOf(kind: ServerKind, model: string, { running, queued }: ScriptedLoad): string | undefined {
  const gauge = (name: string, labels: string, value: number) =>
    `# HELP ${name} Number of requests.\n# TYPE ${name} gauge\n${name}${labels} ${value.toFixed(1)}\n`
  const labels = `{engine="0",model_name="${model}"}`
  switch (kind) {
    case 'vllm':
      return (
        gauge('vllm:num_requests_running', labels, running) +
        gauge('vllm:num_requests_waiting', labels, queued) +
        gauge('vllm:kv_cache_usage_perc', labels, 0.25)
      )
    case 'sglang':
      return gauge('sglang:num_running_reqs', labels, running) + gauge('sglang:num_queue_reqs', labels, queued)
    case 'llamacpp':
      return gauge('llamacpp:requests_processing', '', running) + gauge('llamacpp:requests_deferred', '', queued)
    case 'openai':
    case 'ollama':
      return undefined
  }
}
