import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'

export interface TokenUsage {
  readonly promptTokens: number
  readonly outputTokens: number
}

/** Nobody's context is longer; whoever says so is not believed. */
const MAX_TOKENS = 2 ** 31 - 1

export function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS
}

/** What a server says was used, where it does, in a reply or in one of its chunks. */
export function usageOf({ usage }: JsonObject): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined
  const { prompt_tokens: promptTokens, completion_tokens: outputTokens = 0 } = usage
  return isCount(promptTokens) && isCount(outputTokens) ? { promptTokens, outputTokens } : undefined
}

/** Where a chat's delta has what the model produced: text, thoughts (by either of their names), a refusal. */
const TEXTS = ['content', 'reasoning_content', 'reasoning', 'refusal'] as const

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

function deltaHasTokens(delta: JsonObject): boolean {
  for (const name of TEXTS) if (isText(delta[name])) return true
  const { tool_calls: toolCalls, function_call: functionCall } = delta
  return (Array.isArray(toolCalls) && toolCalls.length > 0) || isJsonObject(functionCall)
}

/** What a chunk of a stream holds, of a chat or of a completion. */
export interface ChunkView {
  /** Whether the model produced something with it. */
  readonly hasTokens: boolean
  /** Of choice 0. */
  readonly text: string
  /** Whether a choice says why it ended. */
  readonly finishes: boolean
}

const NOTHING: ChunkView = { hasTokens: false, text: '', finishes: false }

interface ChoiceView {
  readonly tokens: boolean
  readonly text: string
}

function viewChoice({ delta, text, reasoning }: JsonObject): ChoiceView {
  if (!isJsonObject(delta)) return { tokens: isText(text) || isText(reasoning), text: isText(text) ? text : '' }
  const { content } = delta
  return { tokens: deltaHasTokens(delta), text: isText(content) ? content : '' }
}

export function viewChunk({ choices }: JsonObject): ChunkView {
  if (!Array.isArray(choices) || choices.length === 0) return NOTHING
  let hasTokens = false
  let finishes = false
  let text = ''
  for (const choice of choices as readonly Json[]) {
    if (!isJsonObject(choice)) continue
    const seen = viewChoice(choice)
    hasTokens ||= seen.tokens
    finishes ||= isText(choice['finish_reason'])
    if ((choice['index'] ?? 0) === 0) text += seen.text
  }
  return { hasTokens, text, finishes }
}
