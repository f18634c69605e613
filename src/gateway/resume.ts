import { isJsonObject, type ApiCall, type JsonObject } from '../job/api-call.ts'
import type { Prompt } from '../router/job-router.ts'
import { isArray } from './fields.ts'

/** Of a request, and of what was said until now. */
interface Said {
  readonly text: string
  readonly tokens: number
}

function lastRole(messages: readonly unknown[]): unknown {
  const last = messages.at(-1) as JsonObject | undefined
  return last?.['role']
}

/** Servers go on from an answer begun by the client only if they are told that it is one. */
function continued(messages: JsonObject['messages'], text: string): readonly JsonObject[] | undefined {
  if (!isArray(messages) || !messages.every(isJsonObject) || lastRole(messages) === 'assistant') return undefined
  return [...messages, { role: 'assistant', content: text }]
}

/** The limit that is left, of those that the request gives. */
function restOf(body: JsonObject, maxTokens: number): JsonObject {
  const limits = ['max_completion_tokens', 'max_tokens'].filter((name) => typeof body[name] === 'number')
  return Object.fromEntries(limits.map((name) => [name, maxTokens]))
}

function openAiBody({ endpoint, body }: ApiCall, text: string, maxTokens: number): JsonObject | undefined {
  if (endpoint === 'completion')
    return typeof body['prompt'] === 'string' ? { ...body, prompt: body['prompt'] + text, ...restOf(body, maxTokens) } : undefined
  const messages = continued(body['messages'], text)
  if (messages === undefined) return undefined
  return { ...body, messages, continue_final_message: true, add_generation_prompt: false, ...restOf(body, maxTokens) }
}

/** Ollama goes on from a last message of the assistant by itself. */
function ollamaBody(ollama: JsonObject, body: JsonObject, maxTokens: number): JsonObject {
  const given = isJsonObject(ollama['options']) ? ollama['options'] : {}
  const options = typeof body['max_tokens'] === 'number' ? { ...given, num_predict: maxTokens } : given
  if (typeof body['prompt'] === 'string') return { ...ollama, prompt: body['prompt'], options }
  const before = isArray(ollama['messages']) ? ollama['messages'] : undefined
  const messages = body['messages']
  if (before !== undefined && isArray(messages)) return { ...ollama, messages: [...before, messages.at(-1) ?? null], options }
  return { ...ollama, options }
}

function callAfter(call: ApiCall, text: string, maxTokens: number): ApiCall | undefined {
  const body = openAiBody(call, text, maxTokens)
  if (body === undefined) return undefined
  if (call.ollama === undefined) return { ...call, body }
  return { ...call, body, ollama: ollamaBody(call.ollama, body, maxTokens) }
}

interface Resumable {
  readonly text: string
  readonly maxTokens: number
  readonly call: ApiCall
  /** Asked at the time: an answer may have shown that it cannot be gone on from. */
  readonly canResume: () => boolean
}

/** In a chat as one text, what was said comes after the name of who says it, or after the only message. */
function separatorAfter({ text, call }: Resumable): string {
  if (call.endpoint !== 'chat') return ''
  return text.endsWith('assistant:') ? ' ' : '\n\n'
}

function promptAfter(request: Resumable, said: Said): Prompt | undefined {
  const maxTokens = request.maxTokens - said.tokens
  if (maxTokens < 1 || !request.canResume()) return undefined
  const call = callAfter(request.call, said.text, maxTokens)
  if (call === undefined) return undefined
  return { text: request.text + separatorAfter(request) + said.text, maxTokens, call, resume: resumeFrom(request, said) }
}

/** Goes on from an answer, and again from what came after that. */
function resumeFrom(request: Resumable, before: Said): NonNullable<Prompt['resume']> {
  return (text, tokens) => promptAfter(request, { text: before.text + text, tokens: before.tokens + tokens })
}

/** A prompt whose answer, if it is cut off, another peer can go on from. */
export function resumablePrompt(request: Resumable): Prompt {
  const { text, maxTokens, call } = request
  return { text, maxTokens, call, resume: resumeFrom(request, { text: '', tokens: 0 }) }
}
