import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, JsonObject } from '../../src/job/api-call.ts'
import { systemClock } from '../../src/core/clock.ts'
import { sleep } from '../../src/core/abort.ts'
import {
  embeddingOf,
  errorOf,
  type Fault,
  metricsOf,
  type Reply,
  replyOf,
  type Script,
  type ScriptedLoad,
  type ServerKind
} from './scripted-replies.ts'

export type { Fault, Script, ServerKind } from './scripted-replies.ts'

export interface ScriptedServerOptions {
  /** Whose endpoints, streams, error shapes and load figures it has. */
  readonly kind: ServerKind
  /** @default ['tiny'] */
  readonly models?: readonly string[]
  /** How jobs are answered, one for all or one for each. May be changed later. @default two words, at once */
  readonly script?: Script | ((request: SeenRequest) => Script)
  /** What it says of its load, where its kind does. May be changed later. @default nothing runs; 2 slots */
  readonly load?: ScriptedLoad
  /** Answers 401 to whoever does not send it as bearer token. */
  readonly apiKey?: string
  /** Answers these paths so, or not at all, before anything else. May be changed later. */
  readonly answers?: Readonly<Record<string, { readonly status?: number; readonly body: string | JsonObject } | 'silence'>>
  /** To come back where another was. @default any free one */
  readonly port?: number
}

/** A request that came, as soon as its body had been read. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Empty for GET. */
  readonly body: JsonObject
  /** Resolves when its connection closes before the reply was whole: the client left, or a fault cut it. */
  readonly left: Promise<void>
}

/** A model server that does as it is told. Real HTTP, on 127.0.0.1. */
export interface ScriptedServer {
  readonly kind: ServerKind
  /** Without a path: `http://127.0.0.1:…` */
  readonly url: string
  readonly port: number
  /** Everything that was asked, in order. */
  readonly requests: readonly SeenRequest[]
  /** The jobs among them: POSTs. */
  readonly jobs: readonly SeenRequest[]
  /** Connections that were ever opened. */
  readonly connections: number
  script: ScriptedServerOptions['script']
  load: ScriptedLoad
  answers: NonNullable<ScriptedServerOptions['answers']>
  /** Resolves with a job that comes after this call. */
  nextJob(): Promise<SeenRequest>
  /** Cuts every connection and closes. May be called twice. */
  stop(): Promise<void>
}

const OPENAI_JOBS = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings']
const OLLAMA_JOBS = ['/api/chat', '/api/generate', '/api/embed']

const EMBEDDINGS = ['/v1/embeddings', '/api/embed']

/**
 * Starts a server that answers as its script says. What it is asked is kept in `requests`; its script, load and answers may be changed
 * while it runs.
 */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const { kind, models = ['tiny'], apiKey } = options
  const requests: SeenRequest[] = []
  let waiting: ((job: SeenRequest) => void)[] = []
  let connections = 0
  const server = createServer((message, response) => {
    void answer(message, response).catch(() => response.destroy())
  })
  server.on('connection', () => {
    connections += 1
  })
  // A stopped server's clients are cut, and their late writes fail.
  server.on('clientError', (_, socket) => socket.destroy())

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await seenRequest(message, response)
    requests.push(seen)
    if (seen.method === 'POST') for (const tell of waiting.splice(0)) tell(seen)
    const given = scripted.answers[seen.path]
    if (given === 'silence') return
    if (given !== undefined) send(response, given.status ?? 200, given.body)
    else if (apiKey !== undefined && seen.headers.authorization !== `Bearer ${apiKey}`) refuse(response, 401, 'invalid API key')
    else if (seen.method === 'GET') tellStatus(response, seen.path)
    else await runJob(response, seen)
  }

  function refuse(response: ServerResponse, status: number, message: string): void {
    send(response, status, errorOf(kind, status, message))
  }

  function tellStatus(response: ServerResponse, path: string): void {
    const told = statusOf(kind, models, scripted.load)[path]
    if (told === undefined) refuse(response, 404, 'no such endpoint')
    else send(response, 200, told)
  }

  async function runJob(response: ServerResponse, seen: SeenRequest): Promise<void> {
    const { path, body } = seen
    const model = typeof body['model'] === 'string' ? body['model'] : ''
    const known = kind === 'ollama' ? [...OPENAI_JOBS, ...OLLAMA_JOBS] : OPENAI_JOBS
    if (!known.includes(path)) return refuse(response, 404, 'no such endpoint')
    if (!models.includes(model)) return refuse(response, 404, `the model ${model} does not exist`)
    const script = typeof scripted.script === 'function' ? scripted.script(seen) : (scripted.script ?? {})
    if (failsAtOnce(response, kind, script.fault)) return
    const asked = { path, body, number: requests.length }
    if (EMBEDDINGS.includes(path)) send(response, 200, embeddingOf(asked))
    else await stream(response, replyOf(script, asked), script)
  }

  const scripted: ScriptedServer = {
    kind,
    url: '',
    port: 0,
    requests,
    get jobs() {
      return requests.filter(({ method }) => method === 'POST')
    },
    get connections() {
      return connections
    },
    script: options.script,
    load: options.load ?? { running: 0, queued: 0, slots: 2 },
    answers: options.answers ?? {},
    nextJob: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
    stop: () =>
      new Promise((resolve) => {
        waiting = []
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return Object.defineProperties(scripted, { url: { value: `http://127.0.0.1:${port}` }, port: { value: port } })
}

async function seenRequest(message: IncomingMessage, response: ServerResponse): Promise<SeenRequest> {
  const left = new Promise<void>((resolve) => {
    response.once('close', () => {
      if (!response.writableFinished) resolve()
    })
  })
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece as Buffer)
  const text = Buffer.concat(pieces).toString()
  const { method = '', url: path = '', headers } = message
  return { method, path, headers, body: text === '' ? {} : (JSON.parse(text) as JsonObject), left }
}

/** Whether a fault comes instead of an answer. */
function failsAtOnce(response: ServerResponse, kind: ServerKind, fault: Fault | undefined): boolean {
  if (fault?.kind === 'hang-up') response.destroy()
  else if (fault?.kind === 'status') {
    const { status, body } = fault
    send(response, status, body ?? errorOf(kind, status, `told to answer ${status}`))
  } else return fault?.kind === 'silent'
  return true
}

function send(response: ServerResponse, status: number, body: string | JsonObject): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' })
  response.end(text)
}

/** What a server of the kind answers to whom asks how it is. */
function statusOf(
  kind: ServerKind,
  models: readonly string[],
  load: ScriptedLoad
): Record<string, string | JsonObject | undefined> {
  const listed = { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: kind })) }
  const named: Json = models.map((name) => ({ name, model: name }))
  const common = { '/v1/models': listed, '/metrics': metricsOf(kind, models[0] ?? '', load) }
  if (kind === 'ollama') return { ...common, '/api/tags': { models: named }, '/api/ps': { models: named.slice(0, 1) } }
  if (kind !== 'llamacpp') return common
  const slots = Array.from({ length: load.slots }, (_, id) => ({ id, is_processing: id < load.running }))
  return { ...common, '/slots': JSON.stringify(slots), '/props': { total_slots: load.slots } }
}

/** Writes a reply in its time, up to where it goes wrong. */
async function stream(response: ServerResponse, reply: Reply, script: Script): Promise<void> {
  const { fault } = script
  const write = (text: string) => writePieces(response, text, script.pieceBytes)
  response.writeHead(200, { 'content-type': reply.contentType })
  response.flushHeaders()
  const good = faultyFrom(fault) ?? reply.tokens.length
  for (const text of reply.head) await write(text)
  for (const [index, text] of reply.tokens.slice(0, good).entries()) {
    const waitMs = index === 0 ? script.firstTokenMs : script.tokenMs
    if (waitMs !== undefined) await sleep(systemClock, waitMs)
    if (response.destroyed) return
    await write(text)
  }
  if (fault !== undefined) return goWrong(response, reply, fault)
  for (const text of reply.tail) await write(text)
  response.end()
}

function faultyFrom(fault: Fault | undefined): number | undefined {
  return fault !== undefined && 'afterTokens' in fault ? fault.afterTokens : undefined
}

function goWrong(response: ServerResponse, { record }: Reply, fault: Fault): void {
  if (fault.kind === 'garbage') response.end(fault.text ?? record('{"choices": [oops'))
  else if (fault.kind === 'error') response.end(record({ error: fault.message }))
  else if (fault.kind === 'end') response.end()
  else if (fault.kind === 'cut') {
    // What was written goes out first.
    setImmediate(() => response.destroy())
  }
}

async function writePieces(response: ServerResponse, text: string, pieceBytes: number | undefined): Promise<void> {
  if (pieceBytes === undefined) {
    response.write(text)
    return
  }
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    response.write(bytes.subarray(at, at + pieceBytes))
    await new Promise(setImmediate)
  }
}
