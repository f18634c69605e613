import type { Clock } from '../../src/core/clock.ts'
import { messageOf } from '../../src/core/errors.ts'
import type { DoneEvent, Engine, InferenceRequest } from '../../src/router/transport.ts'

export function request(overrides: Partial<InferenceRequest> = {}): InferenceRequest {
  return { jobId: 'job', model: 'model', prompt: '', promptTokens: 0, maxTokens: 100, ...overrides }
}

/** What the consumer of one job saw, by the clock. */
export interface Seen {
  readonly pieces: { readonly atMs: number; readonly count: number; readonly text: string }[]
  tokens: number
  done: DoneEvent | undefined
  endedMs: number | undefined
  error: unknown
  errorText: string
}

/** Starts a job now and takes its events as they come. */
export function follow(engine: Engine, clock: Clock, asked: InferenceRequest, signal?: AbortSignal): Seen {
  const seen: Seen = { pieces: [], tokens: 0, done: undefined, endedMs: undefined, error: undefined, errorText: '' }
  const take = async () => {
    for await (const event of engine.infer(asked, signal === undefined ? {} : { signal })) {
      if (event.kind === 'done') {
        seen.done = event
      } else {
        seen.tokens += event.count
        seen.pieces.push({ atMs: clock.now(), count: event.count, text: event.text })
      }
    }
  }
  void take()
    .catch((error: unknown) => {
      seen.error = error
      seen.errorText = messageOf(error)
    })
    .finally(() => {
      seen.endedMs = clock.now()
    })
  return seen
}
