import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { ReplyAssembler } from './assemble.ts'
import { isArray, without } from './fields.ts'

/** What a chunk says, in Ollama's words. */
export interface Said {
  readonly content: string
  readonly thinking: string
  /** Why the answer ended, in OpenAI's words. */
  readonly reason: string | undefined
  /** Pieces of calls of tools, in OpenAI's words. */
  readonly callPieces: Json | undefined
  /** Whole calls, from a backend that speaks Ollama. */
  readonly calls: readonly Json[] | undefined
  /** What such a backend added besides: fields of the message, and of the line. */
  readonly ofMessage: JsonObject
  readonly extras: JsonObject | undefined
}

function stringOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Fields of a message; a backend's chunk has them beside those of the line. */
const OF_MESSAGE = ['images', 'tool_name', 'tool_call_id']
/** Told by the chunk itself. */
const TOLD = ['thinking', 'tool_calls', 'model', 'done', 'message', 'response', ...OF_MESSAGE]

const NOTHING: Pick<Said, 'calls' | 'ofMessage' | 'extras'> = { calls: undefined, ofMessage: {}, extras: undefined }

function nativeIn(ollama: Json | undefined): Pick<Said, 'calls' | 'ofMessage' | 'extras'> {
  if (!isJsonObject(ollama)) return NOTHING
  const { tool_calls: calls } = ollama
  const message = OF_MESSAGE.filter((name) => ollama[name] !== undefined).map((name) => [name, ollama[name]] as const)
  return {
    calls: isArray(calls) && calls.length > 0 ? calls : undefined,
    ofMessage: Object.fromEntries(message),
    extras: without(ollama, ...TOLD)
  }
}

export function saidIn({ choices, ollama }: JsonObject): Said {
  const choice = isArray(choices) && isJsonObject(choices[0]) ? choices[0] : {}
  const delta = isJsonObject(choice['delta']) ? choice['delta'] : choice
  const { finish_reason: reason } = choice
  return {
    content: stringOf(delta['content'] ?? choice['text']),
    thinking: stringOf(delta['reasoning_content'] ?? delta['reasoning']),
    reason: typeof reason === 'string' ? reason : undefined,
    callPieces: delta['tool_calls'],
    ...nativeIn(ollama)
  }
}

/** Arguments as the object that Ollama's clients expect; what is no JSON stays the text that the model wrote. */
function argumentsOf(text: Json | undefined): Json {
  if (typeof text !== 'string') return text ?? {}
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function nativeCall(call: Json): Json {
  if (!isJsonObject(call) || !isJsonObject(call['function'])) return call
  const { name, arguments: given } = call['function']
  return { ...(typeof call['id'] === 'string' ? { id: call['id'] } : {}), function: { name, arguments: argumentsOf(given) } }
}

/** Calls of tools, that come in pieces of text in OpenAI's API and whole in Ollama's. */
export class ToolCalls {
  readonly #pieces = new ReplyAssembler()
  readonly #whole: Json[] = []

  take({ calls, callPieces }: Said): void {
    if (calls !== undefined) this.#whole.push(...calls)
    else if (callPieces !== undefined) this.#pieces.take({ choices: [{ index: 0, delta: { tool_calls: callPieces } }] })
  }

  /** Those that came whole. */
  get native(): readonly Json[] {
    return this.#whole
  }

  /** Those that came in pieces. */
  get assembled(): readonly Json[] {
    const { choices } = this.#pieces.reply(true)
    const choice = isArray(choices) ? choices[0] : undefined
    const message = isJsonObject(choice) && isJsonObject(choice['message']) ? choice['message'] : {}
    return isArray(message['tool_calls']) ? message['tool_calls'].map(nativeCall) : []
  }
}
