import { type JobEvent, jobRouter, type JobRouterOptions, type Prompt } from '../../src/router/job-router.ts'
import type { InferenceEvent, InferenceRequest, Transport } from '../../src/router/transport.ts'
import { job, teach, world } from '../selector/world.ts'

/** After which every first token is expected, where jobs are hedged. */
export const EXPECTED_MS = 100

/** What a peer does with a request. */
export type Script = (
  signal: AbortSignal | undefined,
  attempt: number,
  request: InferenceRequest
) => AsyncIterable<InferenceEvent>

export const done: InferenceEvent = {
  kind: 'done',
  promptTokens: 10,
  outputTokens: 2,
  load: { slots: 4, running: 0, queued: 0, tokensPerSecond: 50 }
}

export async function* answer(): AsyncGenerator<InferenceEvent> {
  yield { kind: 'tokens', text: 'the sky ', count: 2 }
  yield await Promise.resolve(done)
}

export async function* failing(error: Error): AsyncGenerator<InferenceEvent> {
  await Promise.resolve()
  if (error instanceof Error) throw error
  yield done
}

export async function* silent(signal: AbortSignal | undefined): AsyncGenerator<InferenceEvent> {
  await new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
  yield done
}

/** A job router over scripted peers that are known already. */
export async function routed(scripts: Readonly<Record<string, Script>>, options: JobRouterOptions = {}) {
  const w = await world()
  const peers = Object.keys(scripts)
  for (const peer of peers) await teach(w, peer, 10, 1)
  let attempts = 0
  const transport: Transport = {
    infer: (peer, request, { signal }) => scripts[peer](signal, ++attempts, request)
  }
  let members: readonly string[] = peers
  const router = jobRouter(
    {
      selector: w.selector,
      transport,
      clock: w.clock,
      timers: w.clock,
      candidates: () => members,
      expectedFirstTokenMs: () => EXPECTED_MS
    },
    options
  )
  return {
    ...w,
    router,
    setMembers: (next: readonly string[]) => (members = next),
    run: (signal?: AbortSignal, prompt: Partial<Prompt> = {}) =>
      collect(router.run(job(), { text: 'why?', maxTokens: 8, ...prompt }, signal === undefined ? {} : { signal }))
  }
}

/** Runs to the end; the events until then and the error, if there was one. */
function collect(events: AsyncIterable<JobEvent>) {
  const seen: JobEvent[] = []
  const whole = (async () => {
    for await (const event of events) seen.push(event)
  })()
  return {
    seen,
    whole: whole.then(
      () => undefined,
      (error: unknown) => error
    )
  }
}

export const kinds = (events: readonly JobEvent[]) => events.map(({ kind }) => kind)
export const lastOutcome = async (w: Awaited<ReturnType<typeof world>>) => (await Array.fromAsync(w.journal.outcomes())).at(-1)
