import { isJsonObject, type ApiCall, type Json, type JsonObject } from '../job/api-call.ts'
import { isArray } from './fields.ts'

/** A request as the gateway understands it, whichever API it came by. */
export interface ApiRequest {
  readonly call: ApiCall
  readonly stream: boolean
  /** The prompt in one text, for peers that only read text. */
  readonly text: string
  /** Characters to read, tools included: what tokens are estimated from. */
  readonly promptChars: number
  /** Answers that are wanted, ≥ 1. */
  readonly choices: number
  /** Most tokens of each, where the request says. */
  readonly maxTokens: number | undefined
  /** Whether an answer that was cut off can be gone on from. */
  readonly resumable: boolean
  /** Whether the client wants the usage in its stream. */
  readonly includeUsage: boolean
}

/** What a picture is to be read for, in the tokens' measure: models take some hundreds of tokens. */
const CHARS_PER_IMAGE = 1024

const CHARS_PER_TOKEN = 4

/** Tokens to read, as estimated from characters, ≥ 1. */
export function tokensOf(chars: number): number {
  return Math.max(1, Math.ceil(chars / CHARS_PER_TOKEN))
}

/** The text of a message's content, with the characters that its pictures stand for. */
function contentOf(content: Json | undefined): { text: string; imageChars: number } {
  if (typeof content === 'string') return { text: content, imageChars: 0 }
  let text = ''
  let imageChars = 0
  for (const part of isArray(content) ? content : []) {
    if (typeof part === 'string') text += part
    else if (isJsonObject(part) && typeof part['text'] === 'string') text += part['text']
    else imageChars += CHARS_PER_IMAGE
  }
  return { text, imageChars }
}

export interface FlatPrompt {
  readonly text: string
  readonly chars: number
}

function roleOf({ role }: JsonObject): string {
  return typeof role === 'string' ? role : 'user'
}

/** A conversation as one text. One message alone is its own text, as CrowdLlama's workers read it. */
export function flatten(messages: readonly JsonObject[], tools: Json | undefined): FlatPrompt {
  let chars = isArray(tools) && tools.length > 0 ? JSON.stringify(tools).length : 0
  const parts: string[] = []
  for (const message of messages) {
    const { text, imageChars } = contentOf(message['content'])
    const calls = isArray(message['tool_calls']) ? JSON.stringify(message['tool_calls']) : ''
    chars += imageChars
    parts.push(messages.length === 1 ? text + calls : `${roleOf(message)}: ${text}${calls}`)
  }
  if (messages.length > 1) parts.push('assistant:')
  const text = parts.join('\n\n')
  return { text, chars: chars + text.length }
}

/** Texts, or tokens as numbers, that a prompt or an input consists of. */
export function flattenInput(input: string | readonly Json[]): FlatPrompt {
  if (typeof input === 'string') return { text: input, chars: input.length }
  const texts = input.filter((item) => typeof item === 'string')
  const tokens = input.filter((item) => typeof item === 'number').length
  const nested = input.filter(isArray).reduce((sum, item) => sum + item.length, 0)
  const text = texts.join('\n')
  return { text, chars: text.length + (tokens + nested) * CHARS_PER_TOKEN }
}
