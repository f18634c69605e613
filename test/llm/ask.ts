import OpenAI from 'openai'
import type { Clock } from '../../src/core/clock.ts'
import { MODEL_NAME } from './start-model-server.ts'

export interface Question {
  readonly prompt: string
  readonly maxTokens: number
}

export interface Answer {
  readonly text: string
  readonly finishReason: string
  /** As the usage at the end says. */
  readonly promptTokens: number
  readonly outputTokens: number
  /** From the call to the first text, ms. */
  readonly firstTokenMs: number
  /** From the call to the end of the stream, ms. */
  readonly durationMs: number
  /** The backend that began the answer; undefined where no gateway says. */
  readonly peer: string | undefined
}

/** What of an answer is there. */
export interface Progress {
  readonly peer: string | undefined
  readonly pieces: number
}

/** The npm client of OpenAI, which does not try again by itself. @param url without `/v1` */
export function openAiClient(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}

/** The question as the client takes it; the likeliest token always. */
export function greedyChat({ prompt, maxTokens }: Question) {
  const messages = [{ role: 'user' as const, content: prompt }]
  return { model: MODEL_NAME, messages, max_tokens: maxTokens, temperature: 0 }
}

/** What a stream has come to. */
class Reading {
  text = ''
  pieces = 0
  firstTokenAtMs: number | undefined
  finishReason: string | undefined
  usage: OpenAI.CompletionUsage | undefined

  /** @returns whether the chunk has text */
  take({ choices, usage }: OpenAI.Chat.ChatCompletionChunk, nowMs: number): boolean {
    this.usage = usage ?? this.usage
    // The last one, with the usage, has none.
    const choice = choices.at(0)
    this.finishReason = choice?.finish_reason ?? this.finishReason
    const text = choice?.delta.content ?? ''
    if (text === '') return false
    this.firstTokenAtMs ??= nowMs
    this.text += text
    this.pieces += 1
    return true
  }
}

/**
 * Asks and reads the stream to its end.
 * @param onPiece told after every piece of text
 * @throws what the client throws, and an error where the stream ends without a finish_reason or a usage
 */
export async function ask(
  { client, clock }: { readonly client: OpenAI; readonly clock: Clock },
  question: Question,
  onPiece: (progress: Progress) => void = () => undefined
): Promise<Answer> {
  const startMs = clock.now()
  const body = { ...greedyChat(question), stream: true as const, stream_options: { include_usage: true } }
  const { data, response } = await client.chat.completions.create(body).withResponse()
  const peer = response.headers.get('x-peerbandit-peer') ?? undefined
  const reading = new Reading()
  for await (const chunk of data) if (reading.take(chunk, clock.now())) onPiece({ peer, pieces: reading.pieces })
  const { text, finishReason, usage, firstTokenAtMs } = reading
  if (finishReason === undefined || usage === undefined) throw new Error(`the answer is cut off: ${text}`)
  const endMs = clock.now()
  return {
    ...{ text, finishReason, promptTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens, peer },
    ...{ firstTokenMs: (firstTokenAtMs ?? endMs) - startMs, durationMs: endMs - startMs }
  }
}

/** Does every job, as many at a time as there may be, in their order. */
export async function inTurn<T, R>(jobs: readonly T[], atATime: number, work: (job: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = jobs.entries()
  const worker = async () => {
    for (const [i, job] of queue) results[i] = await work(job)
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return results
}
