import { Client } from 'undici'
import type { Clock } from '../../../src/core/clock.ts'
import { requestBody, type Shape, textOf } from './chat.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { StreamCheck } from './stream-check.ts'

/** A closed loop: every connection sends a request, reads the answer, and sends the next one. */
export interface LoadJob {
  /** Of /v1/chat/completions. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly shape: Shape
  /** Of a stream. */
  readonly tokens: number
  readonly connections: number
  /** Ends after this many requests, right or wrong … */
  readonly requests?: number
  /** … or starts none after this time, ms, warm-up included. One of the two is given. */
  readonly durationMs?: number
  /** What is sent before this time, ms, is not counted. @default 0 */
  readonly warmUpMs?: number
}

export interface LoadResult {
  /** Answers that were right, after the warm-up. */
  readonly answers: number
  /** Others, by what was wrong; the warm-up's too. */
  readonly failures: Readonly<Record<string, number>>
  /** From the end of the warm-up to the last answer. */
  readonly seconds: number
  readonly answersPerSecond: number
  readonly tokensPerSecond: number
  /** From sending to the last byte. */
  readonly latencyMs: Spread | undefined
  readonly firstByteMs: Spread | undefined
  /** From when the backend sent a token to when it was here. Of paced streams only. */
  readonly tokenDelayUs: Spread | undefined
}

interface Answer {
  readonly firstByteMs: number
  readonly endMs: number
  readonly tokens: number
  /** What was wrong. */
  readonly fault: string | undefined
}

function replyFault(parts: readonly Buffer[], tokens: number): string | undefined {
  try {
    const body = JSON.parse(Buffer.concat(parts).toString()) as { choices?: { message?: { content?: unknown } }[] }
    return body.choices?.[0]?.message?.content === textOf(tokens) ? undefined : 'another text'
  } catch {
    return 'no JSON'
  }
}

function streamFault({ tokens, done, inOrder }: StreamCheck, wanted: number): string | undefined {
  if (tokens !== wanted) return `${tokens} tokens of ${wanted}`
  if (!inOrder) return 'tokens out of order'
  return done ? undefined : 'no end of the stream'
}

interface Sending {
  readonly client: Client
  readonly job: LoadJob
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly clock: Clock
}

/** @param delaysUs where those of tokens go; none where it is left out */
function send({ client, job, path, headers, body, clock }: Sending, delaysUs?: number[]): Promise<Answer> {
  return new Promise((resolve) => {
    let status = 0
    let firstByteMs = NaN
    const parts: Buffer[] = []
    const stream = job.shape === 'reply' ? undefined : new StreamCheck(job.shape === 'paced', delaysUs)
    const end = (error?: Error) => {
      const endMs = clock.now()
      const found = error?.message ?? (status === 200 ? undefined : `status ${status}`)
      const fault = found ?? (stream === undefined ? replyFault(parts, job.tokens) : streamFault(stream, job.tokens))
      resolve({ firstByteMs, endMs, tokens: stream?.tokens ?? 0, fault })
    }
    client.dispatch(
      { path, method: 'POST', headers, body },
      {
        // Undici asks for it, and nothing is to be done.
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode
        },
        onResponseData: (_controller, chunk) => {
          if (Number.isNaN(firstByteMs)) firstByteMs = clock.now()
          if (stream === undefined) parts.push(chunk)
          else stream.read(chunk)
        },
        onResponseEnd: () => {
          end()
        },
        onResponseError: (_controller, error) => {
          end(error)
        }
      }
    )
  })
}

/** Collects what the connections saw. */
class Tally {
  readonly latencyMs: number[] = []
  readonly firstByteMs: number[] = []
  readonly delaysUs: number[] = []
  readonly failures: Record<string, number> = {}
  tokens = 0
  lastMs = 0

  add(sentMs: number, { endMs, firstByteMs, tokens, fault }: Answer, counts: boolean): void {
    if (fault !== undefined) this.failures[fault] = (this.failures[fault] ?? 0) + 1
    if (!counts || fault !== undefined) return
    this.latencyMs.push(endMs - sentMs)
    this.firstByteMs.push(firstByteMs - sentMs)
    this.tokens += tokens
    this.lastMs = endMs
  }
}

function resultOf(tally: Tally, fromMs: number): LoadResult {
  const answers = tally.latencyMs.length
  const seconds = answers === 0 ? 0 : (tally.lastMs - fromMs) / 1000
  return {
    answers,
    failures: tally.failures,
    seconds,
    answersPerSecond: answers === 0 ? 0 : answers / seconds,
    tokensPerSecond: answers === 0 ? 0 : tally.tokens / seconds,
    latencyMs: spreadOf(tally.latencyMs),
    firstByteMs: spreadOf(tally.firstByteMs),
    tokenDelayUs: spreadOf(tally.delaysUs)
  }
}

/** Does a job. What fails is counted apart and never throws. */
export async function runLoad(job: LoadJob, clock: Clock): Promise<LoadResult> {
  const { origin, pathname, search } = new URL(job.url)
  const body = Buffer.from(requestBody(job.shape, job.tokens))
  const headers = { ...job.headers, 'content-type': 'application/json' }
  const tally = new Tally()
  const startMs = clock.now()
  const countsFromMs = startMs + (job.warmUpMs ?? 0)
  const endMs = startMs + (job.durationMs ?? Infinity)
  let left = job.requests ?? Infinity

  async function connection(): Promise<void> {
    const client = new Client(origin, { pipelining: 1 })
    const sending = { client, job, path: pathname + search, headers, body, clock }
    for (let sentMs = clock.now(); left > 0 && sentMs < endMs; sentMs = clock.now()) {
      left -= 1
      const counts = sentMs >= countsFromMs
      tally.add(sentMs, await send(sending, counts ? tally.delaysUs : undefined), counts)
    }
    await client.destroy()
  }
  await Promise.all(Array.from({ length: job.connections }, connection))
  return resultOf(tally, countsFromMs)
}
