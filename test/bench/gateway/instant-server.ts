import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MARK, MODELS, sharedClockNs, stamp, textOf, TOKEN_KINDS } from './chat.ts'

const HEAD = { id: 'chatcmpl-instant', created: 1_700_000_000, model: 'instant' }

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function event(delta: object, finish: string | null = null): Buffer {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  return Buffer.from(`data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices })}\n\n`)
}

const replies = new Map<number, Buffer>()

/** Made once for every length that is asked for. */
function replyOf(tokens: number): Buffer {
  const known = replies.get(tokens)
  if (known !== undefined) return known
  const message = { role: 'assistant', content: textOf(tokens), refusal: null }
  const made = json({
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 30, completion_tokens: tokens, total_tokens: 30 + tokens }
  })
  replies.set(tokens, made)
  return made
}

const LISTING = json({ object: 'list', data: MODELS.map((id) => ({ id, object: 'model', created: 0, owned_by: 'bench' })) })
const REFUSAL = json({ error: { message: 'What is asked for is not here.', type: 'invalid_request_error', code: null } })
const FIRST = event({ role: 'assistant', content: '' })
/** LiteLLM ends streams that repeat themselves. */
const TOKENS = Array.from({ length: TOKEN_KINDS }, (_, i) => event({ content: MARK + stamp(i) }))
const STAMP_AT = TOKENS[0].indexOf(MARK) + MARK.length
const LAST = Buffer.concat([event({}, 'stop'), Buffer.from('data: [DONE]\n\n')])

const JSON_HEADERS = { 'content-type': 'application/json' }
const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }

export interface InstantServer {
  readonly server: Server
  /** Up to and with /v1. */
  readonly url: string
  close(): void
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { ...JSON_HEADERS, 'content-length': body.length })
  response.end(body)
}

/** All tokens, each a chunk of its own as from a model server, no faster than they are read. */
function flood(response: ServerResponse, tokens: number): void {
  let sent = 0
  function more(): void {
    if (response.destroyed) return
    while (sent < tokens) {
      const token = TOKENS[sent % TOKEN_KINDS]
      sent += 1
      if (!response.write(token)) return void response.once('drain', more)
    }
    response.end(LAST)
  }
  more()
}

/** A token every `intervalMs`, stamped with the time when it was sent. */
function pace(response: ServerResponse, tokens: number, intervalMs: number): void {
  let left = tokens
  const timer = setInterval(() => {
    if (left === 0) {
      clearInterval(timer)
      response.end(LAST)
      return
    }
    left -= 1
    const token = Buffer.from(TOKENS[0])
    token.write(stamp(sharedClockNs()), STAMP_AT, 'latin1')
    response.write(token)
  }, intervalMs)
  response.once('close', () => {
    clearInterval(timer)
  })
}

interface Asked {
  readonly model?: unknown
  readonly stream?: unknown
  readonly max_tokens?: unknown
  readonly max_completion_tokens?: unknown
}

function asked(body: Buffer): Asked | undefined {
  try {
    return JSON.parse(body.toString()) as Asked
  } catch {
    return undefined
  }
}

function answer(request: Asked | undefined, response: ServerResponse, intervalMs: number): void {
  const model = request?.model
  if (request === undefined || !MODELS.some((name) => name === model)) {
    send(response, 400, REFUSAL)
    return
  }
  const tokens = Number(request.max_tokens ?? request.max_completion_tokens ?? 100)
  if (request.stream !== true) {
    send(response, 200, replyOf(tokens))
    return
  }
  response.writeHead(200, STREAM_HEADERS)
  response.write(FIRST)
  if (model === 'paced') pace(response, tokens, intervalMs)
  else flood(response, tokens)
}

function collect(request: IncomingMessage, done: (body: Buffer) => void): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    done(parts.length === 1 ? parts[0] : Buffer.concat(parts))
  })
}

/**
 * A server that speaks OpenAI's API and answers at once, out of buffers made beforehand: what a client waits for is the way.
 * @param intervalMs between tokens of model "paced", ms
 */
export async function startInstantServer(intervalMs: number): Promise<InstantServer> {
  const server = createServer({ keepAliveTimeout: 600_000, noDelay: true }, (request, response) => {
    if (request.method === 'POST' && request.url === '/v1/chat/completions') {
      collect(request, (body) => {
        answer(asked(body), response, intervalMs)
      })
    } else if (request.method === 'GET' && request.url === '/v1/models') send(response, 200, LISTING)
    else send(response, 404, REFUSAL)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    server,
    url: `http://127.0.0.1:${port}/v1`,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
