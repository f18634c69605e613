import type { AbortOptions } from '../core/abort.ts'
import { isJsonObject, type Json } from '../job/api-call.ts'
import type { Look } from './http-client.ts'
import type { SaidLoad } from './own-load.ts'
import { readFigures } from './prometheus.ts'

/** Nobody has more jobs at once; a larger count is not believed. */
const MAX_JOBS = 1_000_000

interface Gauges {
  readonly running: string
  readonly queued: string
  /** Jobs side by side by default; undefined where the server says it elsewhere. */
  readonly usualSlots: number | undefined
}

/** @see https://docs.vllm.ai/en/stable/usage/metrics/ @see https://docs.sglang.ai/references/production_metrics.html */
const METRICS: readonly Gauges[] = [
  { running: 'vllm:num_requests_running', queued: 'vllm:num_requests_waiting', usualSlots: 256 },
  { running: 'sglang:num_running_reqs', queued: 'sglang:num_queue_reqs', usualSlots: 256 },
  { running: 'llamacpp:requests_processing', queued: 'llamacpp:requests_deferred', usualSlots: undefined }
]

const NAMES = new Set(METRICS.flatMap(({ running, queued }) => [running, queued]))

function jobs(count: number | undefined): number | undefined {
  return count !== undefined && count <= MAX_JOBS ? Math.round(count) : undefined
}

/** What one look says; undefined when it says nothing of use. */
type Reader = (look: Look) => Promise<SaidLoad | undefined>

const metrics: Reader = async (look) => {
  const figures = readFigures(await look.text('/metrics'), NAMES)
  for (const gauges of METRICS) {
    const running = jobs(figures.get(gauges.running))
    if (running === undefined) continue
    const slots = gauges.usualSlots
    return { running, queued: jobs(figures.get(gauges.queued)) ?? 0, ...(slots === undefined ? {} : { usualSlots: slots }) }
  }
  return undefined
}

/** llama.cpp's slots, where they are not switched off. Older ones say `state` 1 for what newer ones call processing. */
const slots: Reader = async (look) => {
  const list = await look.json('/slots')
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_JOBS || !(list as readonly Json[]).every(isJsonObject))
    return undefined
  const busy = (slot: Json) => isJsonObject(slot) && (slot['is_processing'] === true || slot['state'] === 1)
  return { running: (list as readonly Json[]).filter(busy).length, slots: list.length }
}

const props: Reader = async (look) => {
  const answer = await look.json('/props')
  const total = isJsonObject(answer) ? answer['total_slots'] : undefined
  const count = typeof total === 'number' && Number.isInteger(total) && total >= 1 ? jobs(total) : undefined
  return count === undefined ? undefined : { slots: count }
}

/**
 * Finds out once where a server says how busy it is, and reads it there: `/metrics` of vLLM, SGLang and llama.cpp, `/slots` and
 * `/props` of llama.cpp. Looks again after an error.
 */
export class LoadSource {
  #reader: Reader | undefined
  #found = false
  #slots: SaidLoad = {}

  /** @returns nothing of what the server does not say @throws the signal's reason only */
  async read(look: Look, { signal }: AbortOptions): Promise<SaidLoad> {
    if (!this.#found) return this.#find(look, signal)
    if (this.#reader === undefined) return this.#slots
    const said = await attempt(this.#reader, look, signal)
    if (said === undefined) this.forget()
    return { ...this.#slots, ...said }
  }

  /** The server may be another one by now. */
  forget(): void {
    this.#found = false
    this.#reader = undefined
    this.#slots = {}
  }

  async #find(look: Look, signal: AbortSignal | undefined): Promise<SaidLoad> {
    let said: SaidLoad | undefined
    for (const reader of [metrics, slots]) {
      said = await attempt(reader, look, signal)
      if (said === undefined) continue
      this.#reader = reader
      break
    }
    const known = said?.slots ?? said?.usualSlots
    this.#slots = known === undefined ? ((await attempt(props, look, signal)) ?? {}) : {}
    this.#found = true
    return { ...this.#slots, ...said }
  }
}

async function attempt(reader: Reader, look: Look, signal: AbortSignal | undefined): Promise<SaidLoad | undefined> {
  try {
    return await reader(look)
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}
