import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../core/clock.ts'
import type { JsonObject } from '../job/api-call.ts'
import type { Decision } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { JobEvent } from '../router/job-router.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import { headersOf, sendError } from './answer-headers.ts'
import { ChunkFlow } from './chunk-flow.ts'
import type { Endpoint } from './endpoints.ts'
import { modelIn, readBody } from './fields.ts'
import type { InFlight } from './in-flight.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { ResolvedOptions } from './options.ts'
import type { Rendering } from './rendering.ts'
import { type AnswerHeaders, ReplyWriter } from './reply-writer.ts'
import type { RequestFacts } from './request-facts.ts'
import { jobOf, promptOf, runOptionsOf } from './job-of.ts'
import { servedName } from './served-models.ts'
import type { GatewayService } from './service.ts'
import type { TermsOf } from './terms.ts'
import { RequestTrace } from './tracing.ts'

/** What all exchanges of a gateway share. */
export interface ExchangeComponents {
  readonly service: GatewayService
  readonly clock: Clock
  readonly options: ResolvedOptions
  readonly terms: TermsOf
  readonly inFlight: InFlight
  readonly metrics: GatewayMetrics
  readonly newId: () => string
  readonly isDraining: () => boolean
}

/** A job as it is run. */
interface Run {
  readonly job: Job
  readonly flow: ChunkFlow
  readonly rendering: Rendering
}

/** One request for inference: read, run, written as it comes, ended whichever way it ends. */
export class Exchange {
  readonly #shared: ExchangeComponents
  readonly #endpoint: Endpoint
  readonly #facts: RequestFacts
  readonly #response: ServerResponse
  readonly #headers: () => AnswerHeaders
  readonly #controller = new AbortController()
  readonly #trace: RequestTrace | undefined
  #writer: ReplyWriter | undefined
  #rendering: Rendering | undefined
  #waits = false
  #sentMs = 0
  #firstTokenMs: number | undefined

  constructor(shared: ExchangeComponents, endpoint: Endpoint, facts: RequestFacts, reply: FastifyReply) {
    this.#shared = shared
    this.#endpoint = endpoint
    this.#facts = facts
    this.#response = reply.raw
    this.#headers = () => headersOf(facts, reply)
    this.#trace = shared.options.tracing ? new RequestTrace(endpoint.route, reply.request.headers) : undefined
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) this.#controller.abort(new ApiError(499, 'the client went away'))
    })
  }

  /** Never rejects. */
  async answer({ body, headers }: Pick<FastifyRequest, 'body' | 'headers'>): Promise<void> {
    const { inFlight, isDraining } = this.#shared
    try {
      if (isDraining()) throw new ApiError(503, 'the gateway is shutting down', { code: 'shutting_down', retryAfterS: 1 })
      inFlight.enter(this.#controller)
      await this.#run(readBody(body), headers)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#waitsForPeer(false)
      await this.#written()
      inFlight.leave(this.#controller)
      this.#trace?.end(this.#facts, this.#response.statusCode)
    }
  }

  /** A slow client still reads when its job is done. */
  #written(): Promise<void> | undefined {
    const response = this.#response
    if (response.writableFinished || response.destroyed) return undefined
    return new Promise((resolve) => {
      response.once('finish', resolve)
      response.once('close', resolve)
    })
  }

  async #run(given: JsonObject, headers: FastifyRequest['headers']): Promise<void> {
    const { service, terms, clock, newId, options } = this.#shared
    const named = modelIn(given)
    this.#facts.model = named
    const model = servedName(service, named)
    // Peers know the model by the name that they serve it under.
    const body = model === named ? given : { ...given, model }
    const short = this.#endpoint.shortcut?.(body, clock)
    if (short !== undefined) {
      this.#start('application/json; charset=utf-8').end(JSON.stringify(short))
      return
    }
    const request = this.#endpoint.read(body)
    const asked = terms.of(model, headers)
    const { job, identity } = jobOf(request, { id: newId(), model, terms: asked, defaults: options.defaults, clock })
    const flow = new ChunkFlow(identity)
    const rendering = this.#endpoint.rendering(request, identity, clock)
    this.#facts.workloadClass = job.workloadClass
    if (options.logPrompts) this.#facts.prompt = request.text
    this.#rendering = rendering
    const prompt = promptOf(request, identity.maxTokens, () => !flow.reasoned)
    const writer = this.#start(rendering.contentType)
    await this.#relay(
      service.run(job, prompt, runOptionsOf(service, asked, this.#controller.signal)),
      { job, flow, rendering },
      writer
    )
  }

  async #relay(events: AsyncIterable<JobEvent>, run: Run, writer: ReplyWriter): Promise<void> {
    this.#waitsForPeer(true)
    for await (const event of events) {
      const slow = this.#take(event, run, writer)
      if (slow !== undefined) await slow
    }
    if (!this.#response.writableEnded && !this.#response.destroyed) throw new ApiError(502, 'the answer did not end')
  }

  #start(contentType: string): ReplyWriter {
    const headers = () => ({
      ...this.#headers(),
      'content-type': contentType,
      'cache-control': 'no-cache',
      // Proxies that gather what is streamed would take its sense away.
      'x-accel-buffering': 'no'
    })
    return (this.#writer = new ReplyWriter(this.#response, headers))
  }

  #take(event: JobEvent, run: Run, writer: ReplyWriter): Promise<void> | undefined {
    switch (event.kind) {
      case 'tokens': {
        if (this.#firstTokenMs === undefined) this.#noteFirstToken(run.job)
        const text = run.rendering.pieces(run.flow.tokens(event))
        return text === '' ? undefined : writer.write(text)
      }
      case 'attempt':
        this.#noteAttempt(event.decision)
        return undefined
      case 'attempt-failed':
        this.#attemptFailed(event, run, writer)
        return undefined
      case 'done':
        this.#done(event, run, writer)
        return undefined
    }
  }

  #noteFirstToken({ workloadClass }: Job): void {
    const { clock, metrics } = this.#shared
    this.#firstTokenMs = clock.now()
    this.#facts.firstTokenMs = this.#firstTokenMs - this.#facts.startMs
    metrics.firstTokenSeconds.observe({ route: this.#endpoint.route, class: workloadClass }, this.#facts.firstTokenMs / 1000)
  }

  #noteAttempt(decision: Decision): void {
    this.#waitsForPeer(false)
    this.#facts.attempts += 1
    this.#facts.decision = decision.id
    this.#facts.peer = this.#shared.service.nameOf(decision.peer)
    this.#trace?.attempt(decision, this.#facts.peer)
    if (this.#firstTokenMs === undefined) this.#sentMs = this.#shared.clock.now()
  }

  #attemptFailed(
    { kept, reason }: Extract<JobEvent, { kind: 'attempt-failed' }>,
    { flow, rendering }: Run,
    writer: ReplyWriter
  ): void {
    this.#trace?.attemptEnded(reason)
    this.#shared.metrics.retries.inc({ kept: String(kept) })
    this.#waitsForPeer(true)
    if (kept) {
      flow.resume()
      return
    }
    // What is said cannot be unsaid.
    if (writer.started) throw new ApiError(502, `the peer failed while it answered (${reason})`, { code: 'peer_failed' })
    flow.reset()
    rendering.reset()
    this.#firstTokenMs = undefined
  }

  #done(event: Extract<JobEvent, { kind: 'done' }>, { flow, job, rendering }: Run, writer: ReplyWriter): void {
    const { clock, metrics } = this.#shared
    this.#trace?.attemptEnded()
    const chunks = event.reply === undefined ? flow.done(event) : []
    const usage = flow.usage(event)
    const endMs = clock.now()
    const timeline = { startMs: this.#facts.startMs, sentMs: this.#sentMs, firstTokenMs: this.#firstTokenMs ?? endMs, endMs }
    writer.end(rendering.end(chunks, { done: event, usage, timeline, resumed: flow.resumed }))
    this.#facts.promptTokens = usage.promptTokens
    this.#facts.outputTokens = usage.outputTokens
    metrics.tokens.inc({ direction: 'prompt', class: job.workloadClass }, usage.promptTokens)
    metrics.tokens.inc({ direction: 'output', class: job.workloadClass }, usage.outputTokens)
  }

  #waitsForPeer(waits: boolean): void {
    if (waits === this.#waits) return
    this.#waits = waits
    this.#shared.metrics.waiting.inc(waits ? 1 : -1)
  }

  #fail(thrown: unknown): void {
    const error = apiErrorOf(thrown)
    this.#facts.error = error.message
    // Whoever runs the job is to stop, whatever it was that failed.
    this.#controller.abort(error)
    if (this.#writer?.started === true) {
      this.#writer.end(this.#rendering?.failure(error) ?? '')
      return
    }
    sendError(this.#response, error, { dialect: this.#endpoint.dialect, headers: this.#headers() })
  }
}
