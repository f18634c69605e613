import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { IncomingHttpHeaders } from 'node:http'
import type { Decision } from '../job/decision.ts'
import type { RequestFacts } from './request-facts.ts'

function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}

/**
 * The spans of one request: itself, below the caller's own if it sent one, and every attempt below it. Names are those of the semantic
 * conventions where they have one.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
export class RequestTrace {
  readonly #request: Span
  readonly #parent: ReturnType<typeof trace.setSpan>
  #attempt: Span | undefined

  constructor(route: string, headers: IncomingHttpHeaders) {
    const caller = propagation.extract(context.active(), headers)
    const attributes = { 'http.request.method': 'POST', 'http.route': route }
    this.#request = trace.getTracer('peerbandit').startSpan(`POST ${route}`, { kind: SpanKind.SERVER, attributes }, caller)
    this.#parent = trace.setSpan(caller, this.#request)
  }

  /** Of a job that was sent to two peers, the one before this did not answer first. */
  attempt({ id, attempt, arm }: Decision, peer: string): void {
    this.#attempt?.end()
    const attributes = {
      'peerbandit.decision': id,
      'peerbandit.attempt': attempt,
      'peerbandit.arm': arm,
      'peerbandit.peer': peer
    }
    this.#attempt = trace.getTracer('peerbandit').startSpan('attempt', { kind: SpanKind.CLIENT, attributes }, this.#parent)
  }

  /** @param reason undefined if it did not fail */
  attemptEnded(reason?: string): void {
    if (reason !== undefined) {
      this.#attempt?.setAttribute('error.type', reason)
      this.#attempt?.setStatus({ code: SpanStatusCode.ERROR, message: reason })
    }
    this.#attempt?.end()
    this.#attempt = undefined
  }

  end(facts: RequestFacts, status: number): void {
    this.#attempt?.end()
    this.#request.setAttributes(
      present({
        'http.response.status_code': status,
        'gen_ai.request.model': facts.model,
        'gen_ai.usage.input_tokens': facts.promptTokens,
        'gen_ai.usage.output_tokens': facts.outputTokens,
        'peerbandit.class': facts.workloadClass
      })
    )
    if (facts.error !== undefined && status >= 500) this.#request.setStatus({ code: SpanStatusCode.ERROR, message: facts.error })
    this.#request.end()
  }
}
