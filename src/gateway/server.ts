import cors from '@fastify/cors'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import type { Access } from './access.ts'
import { ApiError, apiErrorOf, type Dialect } from './api-error.ts'
import { headersOf, sendError } from './answer-headers.ts'
import type { ResolvedOptions } from './options.ts'
import { requestIdOf, type RequestFacts } from './request-facts.ts'
import { addRoutes, JOB_ROUTES, methodsOf, OPEN_ROUTES, type RouteComponents } from './routes.ts'
import { checkSite } from './same-site.ts'

/** Names of models in paths, encoded. */
const MOST_PARAMETER_CHARS = 2048

const EXPOSED_HEADERS = ['x-request-id', 'x-peerbandit-decision', 'x-peerbandit-peer', 'x-peerbandit-attempts', 'retry-after']

function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

function dialectOf(path: string): Dialect {
  return path.startsWith('/api/') ? 'ollama' : 'openai'
}

/** What comes is no HTTP, too large in its headers, or too slow. */
function onClientError(error: Error & { code?: string }, socket: Socket): void {
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const name = STATUS_CODES[status] ?? 'Error'
  const body = JSON.stringify(new ApiError(status, name).body('openai'))
  const head = `HTTP/1.1 ${status} ${name}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`)
}

function newApp({ bodyLimitBytes, headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs }: ResolvedOptions): FastifyInstance {
  return fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: Math.max(requestTimeoutMs, headersTimeoutMs),
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: true,
    // Draining is the gateway's own doing, and tells it in the words of the API that was called.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MOST_PARAMETER_CHARS },
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => {
      const path = pathOf(request.url)
      reply.hijack()
      sendError(reply.raw, apiErrorOf(error), { dialect: dialectOf(path), headers: {} })
    },
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.max(50, Math.min(headersTimeoutMs, requestTimeoutMs) / 4)
    }
  })
}

export interface ServerComponents extends Omit<RouteComponents, 'factsOf'> {
  readonly access: Access
  /** Origins of web pages that may use it now. */
  readonly origins: () => readonly string[]
}

/** Facts of requests, from their headers to the last byte of their answer. */
function trackFacts(app: FastifyInstance, { clock, metrics, newId, options }: ServerComponents): RouteComponents['factsOf'] {
  const known = new WeakMap<FastifyReply['raw'], RequestFacts>()
  app.addHook('onRequest', (request, reply, next) => {
    const route = request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown')
    const facts: RequestFacts = { id: requestIdOf(request.raw, newId), startMs: clock.now(), route, attempts: 0 }
    known.set(reply.raw, facts)
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? reply.raw.statusCode : 499
      const { startMs, ...told } = facts
      const seconds = (clock.now() - startMs) / 1000
      const labels = { route, class: facts.workloadClass ?? 'none' }
      metrics.requests.inc({ ...labels, status })
      metrics.requestSeconds.observe(labels, seconds)
      options.log?.({ atMs: clock.wall(), method: request.method, status, seconds, ...told })
    })
    next()
  })
  return (reply) => known.get(reply.raw) ?? { id: newId(), startMs: clock.now(), route: 'unknown', attempts: 0 }
}

function refuseUnknown(request: FastifyRequest, reply: FastifyReply): ApiError {
  const path = pathOf(request.url)
  const methods = methodsOf(path)
  if (methods === undefined) return new ApiError(404, `there is no route ${request.method} ${path}`, { code: 'unknown_route' })
  void reply.header('allow', methods)
  return new ApiError(405, `${path} takes ${methods}, not ${request.method}`, { code: 'method_not_allowed' })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** Whoever asks is let through, or told why not, before a byte of the body is read. */
function guard(app: FastifyInstance, { access, options, origins }: ServerComponents, factsOf: RouteComponents['factsOf']): void {
  const hosts = isLoopback(options.host) ? options.hosts : undefined
  /** @returns whether somebody else answers */
  const check = (request: FastifyRequest, reply: FastifyReply): boolean => {
    checkSite(request.headers, { cors: origins(), hosts })
    const route = request.routeOptions.url ?? ''
    if (request.is404) {
      const isUnknown = methodsOf(pathOf(request.url)) === undefined
      if (isUnknown && options.fallback?.(request.raw, reply.raw) === true) return true
      throw refuseUnknown(request, reply)
    }
    if (OPEN_ROUTES.has(route)) return false
    const key = access.check(request.headers.authorization, JOB_ROUTES.has(route))
    if (key !== undefined) factsOf(reply).key = key
    return false
  }
  app.addHook('onRequest', (request, reply, next) => {
    try {
      if (check(request, reply)) reply.hijack()
      else next()
    } catch (error) {
      next(error as Error)
    }
  })
}

/** The HTTP server with all its routes; it does not listen yet. */
export async function buildServer(components: ServerComponents): Promise<FastifyInstance> {
  const { options } = components
  const app = newApp(options)
  const factsOf = trackFacts(app, components)
  await app.register(cors, {
    origin: (origin, done) => {
      const allowed = components.origins()
      done(
        null,
        origin !== undefined && (allowed.includes('*') || allowed.includes(origin)) && (allowed.includes('*') ? '*' : origin)
      )
    },
    methods: ['GET', 'POST'],
    exposedHeaders: EXPOSED_HEADERS
  })
  guard(app, components, factsOf)
  // Read whatever its type says: clients of Ollama's do not always say that it is JSON.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
  app.setErrorHandler((error, request, reply) => {
    const facts = factsOf(reply)
    const told = apiErrorOf(error)
    facts.error = told.message
    reply.hijack()
    sendError(reply.raw, told, { dialect: dialectOf(pathOf(request.url)), headers: headersOf(facts, reply) })
  })
  app.addHook('onSend', (_request, reply, payload, next) => {
    void reply.header('x-request-id', factsOf(reply).id)
    next(null, payload)
  })
  addRoutes(app, { ...components, factsOf })
  return app
}
