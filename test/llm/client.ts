import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

/** The parts of OpenAI's chunks and replies that tests look at. */
export interface Chunk {
  readonly object: string
  readonly choices: readonly {
    readonly delta?: { readonly role?: string; readonly content?: string | null }
    readonly message?: { readonly role: string; readonly content: string }
    readonly text?: string
    readonly finish_reason: string | null
  }[]
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number }
  readonly timings?: { readonly prompt_ms: number; readonly predicted_ms: number; readonly predicted_per_second: number }
}

export interface Call {
  /** Of the server, without `/v1`. */
  readonly url: string
  readonly path: '/v1/chat/completions' | '/v1/completions'
  readonly body: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

/** Sends a request. */
export function post({ url, path, body, signal }: Call): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) })
}

/** The chunks of a streamed answer as they come. @throws where the answer is an error, or ends without [DONE] */
export async function* chunksOf(call: Call): AsyncGenerator<Chunk, void> {
  const response = await post({ ...call, body: { ...call.body, stream: true } })
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`)
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    if (line === 'data: [DONE]') return
    if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as Chunk
  }
  throw new Error('the stream ended without [DONE]')
}

/** The text of a chunk or a reply. */
export function textOf({ choices }: Chunk): string {
  return choices.map(({ delta, message, text }) => delta?.content ?? message?.content ?? text ?? '').join('')
}

/** A gauge or counter of the server's metrics. @throws where it has none of that name */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((line) => line.startsWith(`${name} `))
  if (line === undefined) throw new Error(`no metric ${name}`)
  return Number(line.slice(name.length))
}
