import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import type { DoneEvent, TokensEvent } from '../router/transport.ts'
import { isArray, without } from './fields.ts'

/** Whose answer it is, for chunks that the gateway has to make. */
export interface AnswerIdentity {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
  readonly endpoint: 'chat' | 'completion'
  /** Most tokens of the answer. */
  readonly maxTokens: number
}

export interface Usage {
  readonly promptTokens: number
  readonly outputTokens: number
  /** As a peer told it, with what is known of more than two counts; with earlier attempts added where there were any. */
  readonly told: JsonObject | undefined
}

function numberIn(object: JsonObject, name: string): number | undefined {
  const value = object[name]
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined
}

/** Whether a piece of an answer only says whose it is. */
function saysNothing(choice: JsonObject, delta: JsonObject): boolean {
  const speaks = (value: Json | undefined) => value !== undefined && value !== null && value !== ''
  return !speaks(choice['finish_reason']) && !Object.keys(delta).some((name) => name !== 'role' && speaks(delta[name]))
}

/**
 * One stream of chunks of all that the attempts at a job yield: chunks of the gateway's own where a peer only writes text, the identity of
 * the first where a second one goes on, and the usage of all together.
 */
export class ChunkFlow {
  readonly #identity: AnswerIdentity
  #first: { readonly id: Json | undefined; readonly created: Json | undefined } | undefined
  #usage: JsonObject | undefined
  /** Of attempts that were gone on from, and of the present one. */
  #keptTokens = 0
  #tokens = 0
  #resumed = false
  #ended = false
  #reasoned = false

  constructor(identity: AnswerIdentity) {
    this.#identity = identity
  }

  get resumed(): boolean {
    return this.#resumed
  }

  /** Whether a model thought aloud: its answer cannot be gone on from without the thoughts. */
  get reasoned(): boolean {
    return this.#reasoned
  }

  /** Forgets an attempt whose tokens are void. */
  reset(): void {
    this.#first = undefined
    this.#usage = undefined
    this.#keptTokens = 0
    this.#tokens = 0
    this.#resumed = false
    this.#ended = false
    this.#reasoned = false
  }

  /** Another attempt goes on from what there is. */
  resume(): void {
    this.#keptTokens += this.#tokens
    this.#tokens = 0
    this.#usage = undefined
    this.#resumed = true
  }

  tokens(event: TokensEvent): readonly JsonObject[] {
    this.#tokens += event.count
    if (event.chunks !== undefined && event.chunks.length > 0) return this.#taken(event.chunks)
    return event.text === '' ? [] : this.#ownPiece(event.text)
  }

  done(event: DoneEvent): readonly JsonObject[] {
    const chunks = this.#taken(event.chunks ?? [])
    if (this.#ended) return chunks
    const reason = this.usage(event).outputTokens >= this.#identity.maxTokens ? 'length' : 'stop'
    return [...chunks, ...this.#own({}, reason)]
  }

  /** After {@link done}. */
  usage(event: DoneEvent): Usage {
    const told = this.#usage
    const outputTokens = (told === undefined ? undefined : numberIn(told, 'completion_tokens')) ?? this.#counted(event)
    const promptTokens = (told === undefined ? undefined : numberIn(told, 'prompt_tokens')) ?? event.promptTokens
    if (this.#keptTokens === 0) return { promptTokens, outputTokens, told }
    // What was kept is part of the last attempt's prompt, and of the answer.
    const prompt = Math.max(0, promptTokens - this.#keptTokens)
    const output = outputTokens + this.#keptTokens
    const summed = { ...told, prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output }
    return { promptTokens: prompt, outputTokens: output, told: told === undefined ? undefined : summed }
  }

  #counted(event: DoneEvent): number {
    return this.#resumed ? this.#tokens : event.outputTokens
  }

  #taken(chunks: readonly JsonObject[]): readonly JsonObject[] {
    for (const chunk of chunks) this.#note(chunk)
    return this.#resumed ? chunks.flatMap((chunk) => this.#continued(chunk)) : chunks
  }

  #note(chunk: JsonObject): void {
    this.#first ??= { id: chunk['id'], created: chunk['created'] }
    if (isJsonObject(chunk['usage'])) this.#usage = chunk['usage']
    const choices = chunk['choices']
    if (!isArray(choices)) return
    for (const choice of choices) {
      if (!isJsonObject(choice)) continue
      if (typeof choice['finish_reason'] === 'string') this.#ended = true
      const said = isJsonObject(choice['delta']) ? choice['delta'] : choice
      if (said['reasoning_content'] ?? said['reasoning']) this.#reasoned = true
    }
  }

  /** As if the first peer had sent it; nothing of a chunk that only opens the answer again. */
  #continued(chunk: JsonObject): readonly JsonObject[] {
    const identity = { id: this.#first?.id ?? chunk['id'], created: this.#first?.created ?? chunk['created'] }
    const { choices } = chunk
    if (!isArray(choices) || choices.length === 0) return [{ ...chunk, ...identity }]
    const rest = choices.flatMap((choice) => {
      if (!isJsonObject(choice) || !isJsonObject(choice['delta'])) return [choice]
      const delta = without(choice['delta'], 'role')
      return saysNothing(choice, delta) ? [] : [{ ...choice, delta }]
    })
    return rest.length === 0 && !isJsonObject(chunk['usage']) ? [] : [{ ...chunk, ...identity, choices: rest }]
  }

  #ownPiece(text: string): readonly JsonObject[] {
    if (this.#identity.endpoint === 'completion') return this.#own({ text }, null)
    return this.#own(this.#first === undefined ? { role: 'assistant', content: text } : { content: text }, null)
  }

  #own(piece: JsonObject, reason: string | null): readonly JsonObject[] {
    const { id, created, model, endpoint } = this.#identity
    const isChat = endpoint === 'chat'
    this.#first ??= { id, created }
    const content = isChat ? { delta: piece } : { text: piece['text'] ?? '' }
    return [
      {
        id: this.#first.id ?? id,
        object: isChat ? 'chat.completion.chunk' : 'text_completion',
        created: this.#first.created ?? created,
        model,
        choices: [{ index: 0, ...content, logprobs: null, finish_reason: reason }]
      }
    ]
  }
}
