import type { Clock } from '../core/clock.ts'
import type { Job } from '../job/job.ts'
import type { Prompt, RunOptions } from '../router/job-router.ts'
import { type ApiRequest, tokensOf } from './api-request.ts'
import type { AnswerIdentity } from './chunk-flow.ts'
import { MOST_TOKENS } from './fields.ts'
import type { GatewayDefaults } from './options.ts'
import { resumablePrompt } from './resume.ts'
import type { GatewayService } from './service.ts'
import type { Terms } from './terms.ts'

export interface PreparedJob {
  readonly job: Job
  readonly identity: AnswerIdentity
}

interface Preparation {
  readonly id: string
  readonly model: string
  readonly terms: Terms
  readonly defaults: Required<GatewayDefaults>
  readonly clock: Clock
}

/** What choosing a peer for a request needs to know of it, and what its answer is called. */
export function jobOf(
  { call, choices, maxTokens, promptChars }: ApiRequest,
  { id, model, terms, defaults, clock }: Preparation
): PreparedJob {
  const job = {
    id,
    model,
    workloadClass: terms.workloadClass,
    promptTokens: tokensOf(promptChars),
    expectedOutputTokens: choices * (maxTokens ?? defaults.outputTokens),
    deadlineMs: terms.deadlineMs
  }
  const isChat = call.endpoint !== 'completion'
  const identity = {
    id: `${isChat ? 'chatcmpl' : 'cmpl'}-${id}`,
    created: Math.floor(clock.wall() / 1000),
    model,
    endpoint: isChat ? 'chat' : 'completion',
    maxTokens: Math.min(MOST_TOKENS, choices * (maxTokens ?? defaults.maxTokens))
  } as const
  return { job, identity }
}

/** @param canResume whether what was answered so far can be gone on from */
export function promptOf({ text, call, resumable }: ApiRequest, maxTokens: number, canResume: () => boolean): Prompt {
  return resumable ? resumablePrompt({ text, maxTokens, call, canResume }) : { text, maxTokens, call }
}

/** @param maxPrice of a million output tokens, Infinity for any */
export function runOptionsOf(service: GatewayService, { maxPrice }: Terms, signal: AbortSignal): RunOptions {
  if (maxPrice === Infinity) return { signal }
  // Who asks for nothing is never too dear.
  return { signal, accepts: (peer) => (service.priceOf(peer) ?? 0) <= maxPrice }
}
