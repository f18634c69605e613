import type { FastifyInstance, FastifyReply } from 'fastify'
import type { JsonObject } from '../job/api-call.ts'
import { ApiError } from './api-error.ts'
import { ENDPOINTS } from './endpoints.ts'
import { Exchange, type ExchangeComponents } from './exchange.ts'
import { readBody, textIn } from './fields.ts'
import { crowdLlamaHealth, OLLAMA_VERSION, ollamaRunning, ollamaShow, ollamaTag, openAiModel } from './listings.ts'
import type { RequestFacts } from './request-facts.ts'
import { findModel } from './served-models.ts'

export interface RouteComponents extends ExchangeComponents {
  readonly factsOf: (reply: FastifyReply) => RequestFacts
  /** When the gateway started, ms since the epoch. */
  readonly sinceMs: number
}

/** What the gateway answers, and by which methods. */
const ROUTES: ReadonlyMap<string, string> = new Map([
  ...ENDPOINTS.map(({ route }): [string, string] => [route, 'POST']),
  ['/v1/models', 'GET, HEAD'],
  ['/v1/models/*', 'GET, HEAD'],
  ['/api/tags', 'GET, HEAD'],
  ['/api/ps', 'GET, HEAD'],
  ['/api/show', 'POST'],
  ['/api/version', 'GET, HEAD'],
  ['/api/health', 'GET, HEAD'],
  ['/healthz', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
  ['/metrics', 'GET, HEAD']
])

/** Routes that anybody may ask: they tell nothing of peers or models. */
export const OPEN_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/api/version'])

export const JOB_ROUTES: ReadonlySet<string> = new Set(ENDPOINTS.map(({ route }) => route))

/** The methods of a path that the gateway knows; undefined for one that it does not. */
export function methodsOf(path: string): string | undefined {
  return ROUTES.get(path.startsWith('/v1/models/') ? '/v1/models/*' : path)
}

function jobRoutes(app: FastifyInstance, components: RouteComponents): void {
  for (const endpoint of ENDPOINTS) {
    app.post(endpoint.route, (request, reply) => {
      reply.hijack()
      return new Exchange(components, endpoint, components.factsOf(reply), reply).answer(request)
    })
  }
}

function listingRoutes(app: FastifyInstance, { service, sinceMs }: RouteComponents): void {
  app.get('/v1/models', () => ({ object: 'list', data: service.models().map((model) => openAiModel(model, sinceMs)) }))
  app.get<{ Params: { '*': string } }>('/v1/models/*', ({ params }) => openAiModel(findModel(service, params['*']), sinceMs))
  app.get('/api/tags', () => ({ models: service.models().map((model) => ollamaTag(model, sinceMs)) }))
  app.get('/api/ps', () => ({ models: service.models().map(ollamaRunning) }))
  app.post('/api/show', ({ body }) => {
    const given = readBody(body)
    const name = textIn(given, 'model') ?? textIn(given, 'name')
    if (name === undefined) throw new ApiError(400, 'model is missing', { param: 'model' })
    return ollamaShow(findModel(service, name), sinceMs)
  })
  app.get('/api/version', () => ({ version: OLLAMA_VERSION }))
  app.get('/api/health', () => crowdLlamaHealth(service))
}

function operationRoutes(app: FastifyInstance, { service, metrics, isDraining }: RouteComponents): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply): JsonObject => {
    const status = isDraining() ? 'draining' : service.ready() ? 'ready' : 'no peers'
    if (status !== 'ready') void reply.code(503)
    return { status }
  })
  app.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  })
}

/** Every route of the gateway. */
export function addRoutes(app: FastifyInstance, components: RouteComponents): void {
  jobRoutes(app, components)
  listingRoutes(app, components)
  operationRoutes(app, components)
}
