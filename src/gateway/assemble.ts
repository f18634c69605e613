import { isJsonObject, type Json, type JsonObject } from '../job/api-call.ts'
import { isArray, without } from './fields.ts'

type Mutable = Record<string, Json | undefined>

/** Said whole and perhaps again: the last word counts. All other texts come in pieces. */
const WHOLE_TEXTS: ReadonlySet<string> = new Set([
  'role',
  'type',
  'id',
  'name',
  'finish_reason',
  'stop_reason',
  'object',
  'model'
])

/** Pieces of one list: those with an index belong to the item that has it, others are items more. */
function mergeList(before: readonly Json[], more: readonly Json[]): Json[] {
  const merged = [...before]
  for (const item of more) {
    const index = isJsonObject(item) ? item['index'] : undefined
    const at = index === undefined ? -1 : merged.findIndex((other) => isJsonObject(other) && other['index'] === index)
    if (at < 0 || !isJsonObject(item)) merged.push(item)
    else merged[at] = mergePieces(merged[at] as JsonObject, item)
  }
  return merged
}

function mergeText(name: string, before: string, more: string): string {
  if (!WHOLE_TEXTS.has(name)) return before + more
  return more === '' ? before : more
}

function mergeValue(name: string, before: Json | undefined, more: Json): Json {
  if (before === undefined || before === null) return more
  if (typeof before === 'string' && typeof more === 'string') return mergeText(name, before, more)
  if (isArray(before) && isArray(more)) return mergeList(before, more)
  return isJsonObject(before) && isJsonObject(more) ? mergePieces(before, more) : more
}

function mergePieces(before: JsonObject, more: JsonObject): JsonObject {
  const merged: Mutable = { ...before }
  mergeInto(merged, more)
  return merged
}

/** Adds a piece to what is there. What is null says nothing. */
function mergeInto(target: Mutable, more: JsonObject): void {
  for (const name in more) {
    const value = more[name]
    if (value === undefined || (value === null && target[name] !== undefined)) continue
    // Assigning to __proto__ would not make a field.
    if (name !== '__proto__') target[name] = mergeValue(name, target[name], value)
  }
}

function withoutIndex(call: Json): Json {
  return isJsonObject(call) ? without(call, 'index') : call
}

/** One of the answers, as its pieces came. */
class Choice {
  readonly #delta: Mutable = {}
  readonly #rest: Mutable = {}

  take(choice: JsonObject): void {
    const { delta, text, ...rest } = choice
    if (isJsonObject(delta)) mergeInto(this.#delta, delta)
    if (typeof text === 'string') this.#delta['text'] = ((this.#delta['text'] as string | undefined) ?? '') + text
    mergeInto(this.#rest, rest)
  }

  whole(isChat: boolean): JsonObject {
    if (!isChat) return { text: this.#delta['text'] ?? '', ...this.#rest }
    const { role, content, tool_calls: calls, ...rest } = this.#delta
    const message: Mutable = { role: role ?? 'assistant', content: content ?? null, ...rest }
    if (isArray(calls)) message['tool_calls'] = calls.map(withoutIndex)
    return { ...this.#rest, message }
  }
}

const OBJECTS: Readonly<Record<string, string>> = { 'chat.completion.chunk': 'chat.completion' }

/** Puts the chunks of a stream together to the reply that they are pieces of; fields that it does not know are kept. */
export class ReplyAssembler {
  readonly #reply: Mutable = {}
  readonly #choices = new Map<number, Choice>()

  take(chunk: JsonObject): void {
    const { choices, ...rest } = chunk
    for (const name in rest) {
      const value = rest[name]
      if (value === undefined || (value === null && name in this.#reply)) continue
      if (name !== '__proto__') this.#reply[name] = value
    }
    if (isArray(choices)) for (const choice of choices) if (isJsonObject(choice)) this.#choiceOf(choice).take(choice)
  }

  #choiceOf({ index }: JsonObject): Choice {
    const at = typeof index === 'number' ? index : 0
    let known = this.#choices.get(at)
    if (known === undefined) this.#choices.set(at, (known = new Choice()))
    return known
  }

  /** @param isChat whether answers are messages; otherwise they are texts */
  reply(isChat: boolean): JsonObject {
    const { object, ...rest } = this.#reply
    const choices = [...this.#choices].sort(([a], [b]) => a - b).map(([, choice]) => choice.whole(isChat))
    const name = typeof object === 'string' ? (OBJECTS[object] ?? object) : object
    return { ...(name === undefined ? {} : { object: name }), ...rest, choices }
  }
}
