import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock, Timers } from '../../../src/core/clock.ts'
import { messageOf } from '../../../src/core/errors.ts'
import { type AnswerHead, sendJson, streamedAnswer, wholeAnswer } from './answers.ts'
import { type Generation, generate } from './generation.ts'
import type { LoadedModel, Sequence } from './llama.ts'
import { Machine } from './machine.ts'
import { Metrics } from './metrics.ts'
import { ApiError, type CompletionRequest, readRequest } from './request.ts'
import { QueueFull, Slots } from './slots.ts'

export interface ModelServiceOptions {
  /** The name that clients ask for. */
  readonly name: string
  /** How many times slower than this machine, ≥ 1. */
  readonly slowFactor: number
  /** Most requests that wait for a slot; more are refused with 503. */
  readonly mostWaiting: number
  readonly time: Clock & Timers
}

const MOST_BODY_BYTES = 4 * 1024 * 1024

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > MOST_BODY_BYTES) throw new ApiError(413, `the body must have at most ${MOST_BODY_BYTES} bytes`)
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch (cause) {
    throw new ApiError(400, `the body must be JSON: ${messageOf(cause)}`)
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  // The client is told by the end of the connection that the answer is not whole.
  if (response.headersSent || response.destroyed) {
    response.destroy()
  } else if (error instanceof ApiError) {
    const { message, type, code, status } = error
    sendJson(response, status, { error: { message, type, param: null, code } })
  } else if (error instanceof QueueFull) {
    sendJson(response, 503, { error: { message: error.message, type: 'unavailable_error', param: null, code: 'queue_full' } })
  } else {
    sendJson(response, 500, { error: { message: messageOf(error), type: 'server_error', param: null, code: null } })
  }
}

/** Aborts when the client goes before its answer is whole. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    controller.abort(new Error('the client is gone'))
  })
  return controller.signal
}

/** Serves a model over the part of OpenAI's API that completes text, and what llama.cpp's server tells of itself. */
export function modelService({ model, sequences }: LoadedModel, options: ModelServiceOptions): RequestListener {
  const { name, slowFactor, mostWaiting, time } = options
  const slots = new Slots<Sequence>(sequences, mostWaiting)
  const context = { model, machine: new Machine(time, slowFactor), clock: time }
  const metrics = new Metrics()
  const contextSize = Math.min(...sequences.map((sequence) => sequence.contextSize))
  const created = Math.floor(time.wall() / 1000)

  function generationOf({ model: asked, prompt, maxTokens, temperature, topP, seed, stops }: CompletionRequest): Generation {
    if (asked !== undefined && asked !== name) {
      throw new ApiError(404, `there is no model ${JSON.stringify(asked)}, only ${name}`, { code: 'model_not_found' })
    }
    const room = contextSize - prompt.length
    if (room < 1) {
      const message = `the prompt has ${prompt.length} tokens, the context ${contextSize}`
      throw new ApiError(400, message, { code: 'context_length_exceeded' })
    }
    return { prompt, maxTokens: Math.min(maxTokens, room), sampling: { temperature, topP, seed }, stops }
  }

  function complete(endpoint: CompletionRequest['endpoint']): Handler {
    return async (request, response) => {
      const signal = goneSignal(response)
      const asked = readRequest(model, endpoint, await readBody(request))
      const generation = generationOf(asked)
      const prefix = endpoint === 'chat' ? 'chatcmpl' : 'cmpl'
      const head: AnswerHead = { id: `${prefix}-${randomUUID()}`, created: Math.floor(time.wall() / 1000), model: name }
      const answer = asked.stream ? streamedAnswer(response, asked, head, signal) : wholeAnswer(response, asked, head)
      const ending = await slots.use(signal, (sequence) =>
        generate(context, sequence, generation, { signal, send: (piece) => answer.send(piece) })
      )
      metrics.add(ending)
      await answer.end(ending)
    }
  }

  const routes: Readonly<Record<string, Handler>> = {
    'GET /health': (_, response) => {
      sendJson(response, 200, { status: 'ok' })
    },
    'GET /v1/models': (_, response) => {
      sendJson(response, 200, { object: 'list', data: [{ id: name, object: 'model', created, owned_by: 'llamacpp' }] })
    },
    'GET /slots': (_, response) => {
      const told = slots.all.map((slot, id) => ({ id, n_ctx: slot.contextSize, is_processing: slots.isBusy(slot) }))
      sendJson(response, 200, told)
    },
    'GET /metrics': (_, response) => {
      const text = metrics.text({ processing: slots.busy, deferred: slots.waiting })
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text)
    },
    'POST /v1/chat/completions': complete('chat'),
    'POST /v1/completions': complete('completion')
  }

  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const handler: Handler =
      routes[`${request.method} ${path}`] ??
      (() => {
        throw new ApiError(404, `there is no ${request.method} ${path}`, { type: 'not_found_error' })
      })
    void (async () => {
      try {
        await handler(request, response)
      } catch (error) {
        sendError(response, error)
      }
    })()
  }
}
