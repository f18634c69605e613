import type { JsonObject } from '../job/api-call.ts'
import type { Ending } from './rendering.ts'

export const NANOSECONDS_PER_MS = 1e6

const FIGURES = ['total_duration', 'load_duration', 'prompt_eval_count', 'prompt_eval_duration', 'eval_count', 'eval_duration']

/** Those of Ollama's durations, ns, and counts that a backend told. */
export function figuresIn(native: JsonObject): JsonObject {
  return Object.fromEntries(FIGURES.filter((name) => typeof native[name] === 'number').map((name) => [name, native[name]]))
}

/** Backends that speak Ollama tell what only the machine knows; the rest is what was seen from here. */
export function figuresOf({ usage, timeline, resumed }: Ending, native: JsonObject): JsonObject {
  const { startMs, sentMs, firstTokenMs, endMs } = timeline
  const ns = (ms: number) => Math.max(0, Math.round(ms * NANOSECONDS_PER_MS))
  const seen = {
    total_duration: ns(endMs - startMs),
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: ns(firstTokenMs - sentMs),
    eval_count: usage.outputTokens,
    eval_duration: ns(endMs - firstTokenMs)
  }
  const told = figuresIn(native)
  return resumed ? { ...told, ...seen } : { ...seen, ...told }
}
