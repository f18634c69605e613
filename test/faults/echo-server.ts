// A model server in a process of its own, whose answers can be checked: node echo-server.ts PORT NAME TOKEN_MS
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { sleep } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { type Asked, askedIn, type Fault, type FaultMode, tokensAfter } from './echo-words.ts'

const [port = '0', name = 'echo', tokenMsText = '2'] = process.argv.slice(2)
const tokenMs = Number(tokenMsText)
/** How much longer a token takes while it is slow. */
const SLOWNESS = 20
let fault: Fault = { mode: 'ok' }
let credit = 0
let answers = 0

/** Faults that come in the middle of an answer. */
const MIDWAY: ReadonlySet<FaultMode> = new Set(['stall', 'cut', 'garbage'])

interface JobBody {
  readonly messages?: readonly { readonly role: string; readonly content: string }[]
  /** Of a completion: the question, a colon, and what was answered until now. */
  readonly prompt?: string
  readonly model: string
  readonly tools?: readonly unknown[]
  readonly max_tokens?: number
}

/** Of one answer, chosen when its request comes. */
interface Answer {
  readonly id: string
  readonly model: string
  readonly isChat: boolean
  readonly isTool: boolean
  readonly asked: Asked
  readonly pieces: readonly string[]
  readonly finishReason: string
  readonly mode: FaultMode
  /** Pieces before the fault. */
  readonly good: number
}

/** The share of requests that a fault befalls is kept exactly, and evenly. */
function modeNow(): FaultMode {
  credit += fault.share ?? 1
  if (credit < 1) return 'ok'
  credit -= 1
  return fault.mode
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, status, { error: { message: `${name}: ${code}`, type: 'server_error', param: null, code } })
}

function chatIn({ messages = [] }: JobBody): readonly [question: string, begun: string] {
  const last = messages.at(-1)
  return [messages.findLast(({ role }) => role === 'user')?.content ?? '', last?.role === 'assistant' ? last.content : '']
}

function promptIn(prompt: string): readonly [question: string, begun: string] {
  const at = prompt.indexOf(': ')
  return [prompt.slice(0, at), prompt.slice(at + 2)]
}

/** What was asked, and what of it was not said yet. @returns undefined when it makes no sense */
function questionIn(body: JobBody): { readonly asked: Asked; readonly rest: readonly string[] } | undefined {
  const [question, begun] = body.prompt === undefined ? chatIn(body) : promptIn(body.prompt)
  const asked = askedIn(question)
  const rest = asked && tokensAfter(asked, begun)
  return asked && rest && { asked, rest }
}

function answerTo(body: JobBody, mode: FaultMode): Answer | undefined {
  const { model, tools = [], max_tokens: most = Infinity } = body
  const question = questionIn(body)
  if (question === undefined) return undefined
  const { asked, rest } = question
  const isTool = tools.length > 0
  const text = rest.slice(0, most)
  const pieces = isTool ? ['{"text":"', ...text, '"}'] : text
  const finishReason = text.length < rest.length ? 'length' : isTool ? 'tool_calls' : 'stop'
  answers += 1
  const good = MIDWAY.has(mode) ? Math.min(fault.after ?? Math.floor(pieces.length / 2), pieces.length) : pieces.length
  return {
    id: `${name}/${process.pid}-${answers}`,
    model,
    isChat: body.prompt === undefined,
    isTool,
    asked,
    pieces,
    finishReason,
    mode,
    good
  }
}

interface Delta {
  readonly role?: string
  readonly content?: string | null
  readonly tool_calls?: readonly object[]
}

/** How a chunk of an answer is called. */
function objectOf({ isChat }: Answer): string {
  return isChat ? 'chat.completion.chunk' : 'text_completion'
}

function chunkOf(answer: Answer, delta: Delta, finishReason: string | null = null): string {
  const { id, model, isChat } = answer
  const said = isChat ? { delta } : { text: delta.content ?? '' }
  const choices = [{ index: 0, ...said, logprobs: null, finish_reason: finishReason }]
  const chunk = { id, object: objectOf(answer), created: 1, model, system_fingerprint: id, choices }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

function deltaOf({ isTool, asked }: Answer, piece: string, index: number): Delta {
  if (!isTool) return { content: piece }
  const opening = index === 0 ? { id: `call-${asked.nonce}`, type: 'function' } : {}
  const named = index === 0 ? { name: 'echo', arguments: piece } : { arguments: piece }
  return { tool_calls: [{ index: 0, ...opening, function: named }] }
}

/** Half a token and half a record, and the connection is gone; every other time in the middle of nothing. */
function cut(response: ServerResponse, answer: Answer): void {
  const piece = answer.pieces[answer.good] ?? ''
  if (answers % 2 === 0 && piece.length > 1 && !answer.isTool) {
    response.write(chunkOf(answer, { content: piece.slice(0, Math.floor(piece.length / 2)) }))
    response.write(chunkOf(answer, { content: piece }).slice(0, 30))
  }
  setTimeout(() => response.destroy(), 5)
}

async function stream(response: ServerResponse, answer: Answer): Promise<void> {
  const { pieces, mode, good, finishReason } = answer
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (answer.isChat) response.write(chunkOf(answer, { role: 'assistant', content: answer.isTool ? null : '' }))
  const paceMs = mode === 'slow' ? tokenMs * SLOWNESS : tokenMs
  for (const [index, piece] of pieces.slice(0, good).entries()) {
    await sleep(systemClock, paceMs)
    if (response.destroyed) return
    response.write(chunkOf(answer, deltaOf(answer, piece, index)))
  }
  if (mode === 'stall') return
  if (mode === 'cut') return cut(response, answer)
  if (mode === 'garbage') {
    response.end('data: {"choices": [{"index": 0, "delta": {"content": "garb\n\n')
    return
  }
  const usage = { prompt_tokens: 8, completion_tokens: pieces.length, total_tokens: 8 + pieces.length }
  const last = { id: answer.id, object: objectOf(answer), created: 1, model: answer.model, choices: [], usage }
  response.write(chunkOf(answer, {}, finishReason))
  response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`)
}

async function bodyOf(message: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece as Buffer)
  return JSON.parse(Buffer.concat(pieces).toString())
}

async function job(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await bodyOf(message)) as JobBody
  const mode = modeNow()
  if (mode === 'error500') return refuse(response, 500, 'told_to_fail')
  if (mode === 'full503') return refuse(response, 503, 'told_to_be_full')
  const answer = answerTo(body, mode)
  // The router asked for something that nobody can have asked it for.
  if (answer === undefined) return refuse(response, 400, 'no_sense')
  await stream(response, answer)
}

async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${message.method} ${message.url}`) {
    case 'GET /v1/models':
      return send(response, 200, { object: 'list', data: [{ id: 'echo', object: 'model', created: 0, owned_by: name }] })
    case 'POST /v1/chat/completions':
    case 'POST /v1/completions':
      return job(message, response)
    case 'POST /fault':
      fault = (await bodyOf(message)) as Fault
      credit = 0
      return send(response, 200, fault)
    default:
      return refuse(response, 404, 'no_such_endpoint')
  }
}

const server = createServer((message, response) => {
  handle(message, response).catch(() => response.destroy())
})
server.on('clientError', (_, socket) => socket.destroy())
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`listens on ${typeof address === 'object' ? address?.port : ''}\n`)
})
// Whoever started it has gone.
process.on('disconnect', () => process.exit(0))
