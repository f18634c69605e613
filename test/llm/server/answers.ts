import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Ending } from './generation.ts'
import type { Piece } from './pieces.ts'
import type { CompletionRequest } from './request.ts'

export interface AnswerHead {
  readonly id: string
  /** Unix time, s. */
  readonly created: number
  readonly model: string
}

/** Where an answer goes while it is written. */
export interface Answer {
  send(piece: Piece): Promise<void>
  end(ending: Ending): Promise<void>
}

/** Where the client reads slowly, the answer is written slowly. @throws the signal's reason when the client is gone */
async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!response.write(text)) await once(response, 'drain', { signal })
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function usageOf({ promptTokens, outputTokens }: Ending): object {
  return { prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens }
}

/** As llama.cpp's server tells them, ms. */
function timingsOf({ promptTokens, promptMs, outputTokens, outputMs }: Ending): object {
  // The first token comes with the prompt.
  const steps = Math.max(0, outputTokens - 1)
  return {
    prompt_n: promptTokens,
    prompt_ms: promptMs,
    prompt_per_second: (1000 * promptTokens) / promptMs,
    predicted_n: outputTokens,
    predicted_ms: outputMs,
    predicted_per_second: outputMs > 0 ? (1000 * steps) / outputMs : 0
  }
}

/** Server-sent events: a chunk with the role, one a piece, one with the reason of the end, one with the usage if asked for. */
export function streamedAnswer(
  response: ServerResponse,
  { endpoint, includeUsage }: CompletionRequest,
  head: AnswerHead,
  signal: AbortSignal
): Answer {
  const object = endpoint === 'chat' ? 'chat.completion.chunk' : 'text_completion'
  const event = (choices: readonly object[], more: object = {}) =>
    write(response, `data: ${JSON.stringify({ ...head, object, choices, ...more })}\n\n`, signal)
  const choice = (delta: object, text: string, reason: string | null) =>
    endpoint === 'chat' ? { index: 0, delta, finish_reason: reason } : { index: 0, text, logprobs: null, finish_reason: reason }

  async function begin(): Promise<void> {
    if (response.headersSent) return
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    if (endpoint === 'chat') await event([choice({ role: 'assistant', content: null }, '', null)])
  }

  return {
    async send({ text }) {
      await begin()
      await event([choice({ content: text }, text, null)])
    },
    async end(ending) {
      await begin()
      await event([choice({}, '', ending.reason)], includeUsage ? {} : { timings: timingsOf(ending) })
      if (includeUsage) await event([], { usage: usageOf(ending), timings: timingsOf(ending) })
      await write(response, 'data: [DONE]\n\n', signal)
      response.end()
    }
  }
}

/** One JSON document at the end. */
export function wholeAnswer(response: ServerResponse, { endpoint }: CompletionRequest, head: AnswerHead): Answer {
  let content = ''
  return {
    send({ text }) {
      content += text
      return Promise.resolve()
    },
    end(ending) {
      const reason = { index: 0, finish_reason: ending.reason }
      const [object, choice] =
        endpoint === 'chat'
          ? ['chat.completion', { ...reason, message: { role: 'assistant', content } }]
          : ['text_completion', { ...reason, text: content, logprobs: null }]
      sendJson(response, 200, { ...head, object, choices: [choice], usage: usageOf(ending), timings: timingsOf(ending) })
      return Promise.resolve()
    }
  }
}
