import { z } from 'zod'
import type { Model, Token } from './llama.ts'

/** The client's fault, in the words of OpenAI's API. */
export class ApiError extends Error {
  readonly status: number
  readonly type: string
  readonly code: string | null

  constructor(status: number, message: string, { type = 'invalid_request_error', code = null as string | null } = {}) {
    super(message)
    this.status = status
    this.type = type
    this.code = code
  }
}

const content = z.union([
  z.string(),
  z.array(z.object({ type: z.literal('text'), text: z.string() })).transform((parts) => parts.map(({ text }) => text).join(''))
])

const common = {
  model: z.string().optional(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().min(0).nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  n: z.literal(1).nullish()
}

const chatSchema = z.object({
  ...common,
  max_completion_tokens: z.int().min(1).nullish(),
  messages: z.array(z.object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content })).min(1)
})
const completionSchema = z.object({ ...common, prompt: z.string().min(1) })

type ChatMessage = z.infer<typeof chatSchema>['messages'][number]
type Common = Omit<z.infer<typeof completionSchema>, 'prompt'>

export interface CompletionRequest {
  readonly endpoint: 'chat' | 'completion'
  readonly model: string | undefined
  readonly prompt: readonly Token[]
  /** Infinity where the client sets no limit. */
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  readonly seed: number | undefined
  readonly stops: readonly string[]
  readonly stream: boolean
  readonly includeUsage: boolean
}

/** The model was trained with it. */
const SYSTEM: ChatMessage = { role: 'system', content: 'You are a helpful AI assistant named SmolLM, trained by Hugging Face' }

/**
 * ChatML. An assistant's message at the end is left open: the answer goes on from it. What clients write is text, whatever it looks like.
 */
function chatTokens(model: Model, messages: readonly ChatMessage[]): Token[] {
  const start = model.tokenize('<|im_start|>', true)
  const end = model.tokenize('<|im_end|>', true)
  const text = (written: string) => model.tokenize(written, false)
  const all = ['system', 'developer'].includes(messages[0].role) ? messages : [SYSTEM, ...messages]
  const last = all.at(-1)!
  const open = last.role === 'assistant' ? last.content : ''
  const closed = last.role === 'assistant' ? all.slice(0, -1) : all
  const tokens = closed.flatMap(({ role, content }) => {
    const named = role === 'developer' ? 'system' : role
    return [...start, ...text(`${named}\n${content}`), ...end, ...text('\n')]
  })
  // Apart, as if the model had written it.
  return [...tokens, ...start, ...text('assistant\n'), ...text(open)]
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (!result.success) throw new ApiError(400, z.prettifyError(result.error))
  return result.data
}

function stopsOf(stop: Common['stop']): readonly string[] {
  if (typeof stop === 'string') return [stop]
  return stop ?? []
}

function read(common: Common): Omit<CompletionRequest, 'endpoint' | 'prompt'> {
  return {
    model: common.model,
    maxTokens: common.max_tokens ?? Infinity,
    temperature: common.temperature ?? 1,
    topP: common.top_p ?? 1,
    seed: common.seed ?? undefined,
    stops: stopsOf(common.stop),
    stream: common.stream === true,
    includeUsage: common.stream_options?.include_usage === true
  }
}

/** Reads the body of a request. @throws ApiError */
export function readRequest(model: Model, endpoint: CompletionRequest['endpoint'], body: unknown): CompletionRequest {
  if (endpoint === 'completion') {
    const request = parsed(completionSchema, body)
    return { endpoint, prompt: model.tokenize(request.prompt, true), ...read(request) }
  }
  const request = parsed(chatSchema, body)
  const max = request.max_completion_tokens ?? request.max_tokens
  return { endpoint, prompt: chatTokens(model, request.messages), ...read({ ...request, max_tokens: max }) }
}
