import { systemClock } from '../../src/core/clock.ts'
import { startGateway, type Gateway } from '../../src/gateway/gateway.ts'
import type { GatewayOptions } from '../../src/gateway/options.ts'
import type { GatewayService, ServedPeer } from '../../src/gateway/service.ts'
import type { JsonObject } from '../../src/job/api-call.ts'
import type { Decision } from '../../src/job/decision.ts'
import type { Job } from '../../src/job/job.ts'
import type { JobEvent, Prompt, RunOptions } from '../../src/router/job-router.ts'

/** How a job goes in a test. */
export type Script = (run: Ran) => AsyncIterable<JobEvent>

/** A job that the gateway ran. */
interface Ran {
  readonly job: Job
  readonly prompt: Prompt
  readonly options: RunOptions
}

export interface ScriptedService extends GatewayService {
  peers?: () => readonly ServedPeer[]
  knows?: (model: string) => boolean
  readonly ran: Ran[]
  script: Script
  isReady: boolean
}

export function decisionOf(job: Job, peer = 'peer-a', attempt = 1): Decision {
  return {
    id: `decision-${attempt}`,
    jobId: job.id,
    attempt,
    atMs: 0,
    routerId: 'router',
    policy: 'fixed',
    model: job.model,
    workloadClass: job.workloadClass,
    promptTokens: job.promptTokens,
    expectedOutputTokens: job.expectedOutputTokens,
    deadlineMs: job.deadlineMs,
    candidateCount: 1,
    candidates: [peer],
    excluded: {},
    votes: [],
    arm: 'standard',
    peer,
    armPropensity: 1,
    peerPropensity: 1,
    draw: { u: 0, seed: '0', stream: '0' }
  }
}

const MODELS = ['llama3.2:3b', 'qwen2.5-coder:7b', 'meta-llama/Llama-3.1-8B-Instruct', 'nomic-embed-text:latest']

export function scriptedService(script: Script): ScriptedService {
  const ran: Ran[] = []
  const service: ScriptedService = {
    ran,
    script,
    isReady: true,
    models: () => MODELS.map((name) => ({ name, peers: 1 })),
    serves: (model) => MODELS.includes(model),
    run(job, prompt, options) {
      const run = { job, prompt, options }
      ran.push(run)
      return service.script(run)
    },
    nameOf: (peer) => `name of ${peer}`,
    priceOf: (peer) => ({ 'peer-a': 2, 'peer-b': 0.5 })[peer],
    ready: () => service.isReady
  }
  return service
}

/** Texts of a peer that only writes text. */
export function plain(...texts: readonly string[]): Script {
  return async function* ({ job }) {
    await Promise.resolve()
    const decision = decisionOf(job)
    yield { kind: 'attempt', decision }
    for (const text of texts) yield { kind: 'tokens', text, count: 1 }
    yield { kind: 'done', promptTokens: 7, outputTokens: texts.length, decision }
  }
}

/** Chunks of a peer that speaks OpenAI's API; the last ones come with the end. */
export function chunked(chunks: readonly JsonObject[], closing: readonly JsonObject[] = []): Script {
  return async function* ({ job }) {
    await Promise.resolve()
    const decision = decisionOf(job)
    yield { kind: 'attempt', decision }
    for (const chunk of chunks) yield { kind: 'tokens', text: '', count: 1, chunks: [chunk] }
    yield { kind: 'done', promptTokens: 7, outputTokens: chunks.length, decision, chunks: closing }
  }
}

export function replying(reply: JsonObject): Script {
  return async function* ({ job }) {
    await Promise.resolve()
    const decision = decisionOf(job)
    yield { kind: 'attempt', decision }
    yield { kind: 'done', promptTokens: 3, outputTokens: 0, decision, reply }
  }
}

export function throwing(error: Error): Script {
  // eslint-disable-next-line require-yield
  return async function* () {
    await Promise.resolve()
    throw error
  }
}

/** A peer that says something and then nothing, until it is told to stop. */
export function hanging(...texts: readonly string[]): Script {
  return async function* ({ job, options: { signal } }) {
    const decision = decisionOf(job)
    yield { kind: 'attempt', decision }
    for (const text of texts) yield { kind: 'tokens', text, count: 1 }
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
  }
}

export function chunkOf(delta: JsonObject, { finish_reason: reason = null, ...more }: JsonObject = {}): JsonObject {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }]
  return { id: 'chatcmpl-peer', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'llama3.2:3b', choices, ...more }
}

/** A gateway on a free port. */
export function gatewayOf(service: GatewayService, options: GatewayOptions = {}): Promise<Gateway> {
  return startGateway({ service, clock: systemClock, timers: systemClock }, { port: 0, ...options })
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text as string })
}
