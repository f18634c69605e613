import { type Asked, questionOf } from './echo-words.ts'

/** What a client is to ask, and how. */
export interface Question extends Asked {
  readonly api: ApiName
  readonly streamed: boolean
  /** With tools, whose answers cannot be gone on from. Chats of OpenAI's only. */
  readonly tools: boolean
  /** Whether the stream is to tell what was used, where that is asked for. */
  readonly usage: boolean
  readonly maxTokens: number | undefined
  /** The client goes away after so many events of the stream. */
  readonly leavesAfter: number | undefined
}

/** What a piece of an answer says, or a whole one. */
export interface Piece {
  readonly text: string
  /** Arguments of a call of a tool. */
  readonly tool: string
  /** Why it ends. */
  readonly finishes: readonly string[]
  readonly usedTokens: number | undefined
  /** Answers of servers that it is of, where it tells. */
  readonly answers: readonly string[]
}

/** @param code what went wrong @param isProper whether it is in the API's own words */
interface SaidError {
  readonly code: string
  readonly isProper: boolean
}

/** How to speak to the router. */
export interface Dialect {
  readonly path: string
  body(question: Question): object
  piece(said: object): Piece
  error(said: object): SaidError | undefined
  /** Whether an answer tells what was used. @param asked whether its client asks for that */
  tellsUsage(streamed: boolean, asked: boolean): boolean
  /** Whether events are lines of JSON; otherwise they are server-sent, with [DONE] at the end. */
  readonly isLines: boolean
  /** Whether a line is the last. */
  isLast(said: object): boolean
}

interface Said {
  readonly content?: string | null
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[]
}

interface OpenAiBody {
  readonly id?: string
  readonly system_fingerprint?: string
  readonly error?: { readonly message: unknown; readonly type: unknown; readonly code?: unknown }
  readonly choices?: readonly {
    readonly delta?: Said
    readonly message?: Said
    readonly text?: string
    readonly finish_reason?: string | null
  }[]
  readonly usage?: { readonly completion_tokens: number } | null
}

interface OllamaBody {
  readonly error?: unknown
  readonly message?: { readonly content?: string }
  readonly done?: boolean
  readonly done_reason?: string
  readonly eval_count?: number
}

const TOOLS = [
  { type: 'function', function: { name: 'echo', parameters: { type: 'object', properties: { text: { type: 'string' } } } } }
]

function messagesOf(question: Question): object[] {
  return [
    { role: 'system', content: 'Say what you are told.' },
    { role: 'user', content: questionOf(question) }
  ]
}

function openAiOptions({ streamed, usage, maxTokens }: Question): object {
  return {
    model: 'echo',
    stream: streamed,
    ...(streamed && usage && { stream_options: { include_usage: true } }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens })
  }
}

const openAi = {
  isLines: false,
  tellsUsage: (streamed: boolean, asked: boolean) => !streamed || asked,
  isLast: () => false,
  error({ error }: OpenAiBody): SaidError | undefined {
    if (error === undefined) return undefined
    const isProper = typeof error.message === 'string' && typeof error.type === 'string'
    return { code: isProper ? String(error.code) : JSON.stringify(error), isProper }
  },
  piece({ id, system_fingerprint: fingerprint, choices = [], usage }: OpenAiBody): Piece {
    const said = choices.map(({ delta, message, text }) => delta ?? message ?? { content: text })
    return {
      text: said.map(({ content }) => content ?? '').join(''),
      tool: said.flatMap(({ tool_calls: calls = [] }) => calls.map((call) => call.function.arguments)).join(''),
      finishes: choices.flatMap(({ finish_reason: reason }) => reason ?? []),
      usedTokens: usage?.completion_tokens,
      // Chunks of the router's own have no server's id.
      answers: [id ?? '', fingerprint ?? ''].filter((each) => each.includes('/'))
    }
  }
}

const chat: Dialect = {
  ...openAi,
  path: '/v1/chat/completions',
  body: (question) => ({ ...openAiOptions(question), messages: messagesOf(question), ...(question.tools && { tools: TOOLS }) })
}

/** What a completion's prompt ends with, and its answer goes on from. */
const completion: Dialect = {
  ...openAi,
  path: '/v1/completions',
  body: (question) => ({ ...openAiOptions(question), prompt: `${questionOf(question)}: ` })
}

/** Its errors have no codes. */
const OLLAMA_ERRORS = [
  ['shutting down', 'shutting_down'],
  ['failed at', 'job_failed'],
  ['failed while it answered', 'peer_failed'],
  ['no peer that serves', 'no_eligible_peer'],
  ['no eligible peer', 'no_eligible_peer'],
  ['longer than', 'timeout'],
  ['the gateway failed', 'internal_error']
] as const

const ollama: Dialect = {
  path: '/api/chat',
  isLines: true,
  tellsUsage: () => true,
  body(question) {
    const { streamed, maxTokens } = question
    const options = maxTokens === undefined ? {} : { options: { num_predict: maxTokens } }
    return { model: 'echo', stream: streamed, messages: messagesOf(question), ...options }
  },
  isLast: ({ done }: OllamaBody) => done === true,
  error({ error }: OllamaBody) {
    if (error === undefined) return undefined
    const isProper = typeof error === 'string'
    if (!isProper) return { code: JSON.stringify(error), isProper }
    return { code: OLLAMA_ERRORS.find(([words]) => error.includes(words))?.[1] ?? error, isProper }
  },
  piece({ message, done, done_reason: reason, eval_count: count }: OllamaBody) {
    const finishes = done === true ? [reason ?? 'none'] : []
    return { text: message?.content ?? '', tool: '', finishes, usedTokens: count, answers: [] }
  }
}

export const DIALECTS = { chat, completion, ollama }
export type ApiName = keyof typeof DIALECTS
