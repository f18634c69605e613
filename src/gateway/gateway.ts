import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { checkNonNegative } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Rng } from '../core/rng.ts'
import { Access } from './access.ts'
import { ApiError } from './api-error.ts'
import { InFlight } from './in-flight.ts'
import { GatewayMetrics } from './metrics.ts'
import { type AccessOptions, type GatewayOptions, resolveOptions } from './options.ts'
import { idMaker } from './request-facts.ts'
import { buildServer } from './server.ts'
import type { GatewayService } from './service.ts'
import { TermsOf } from './terms.ts'

export interface GatewayComponents {
  readonly service: GatewayService
  readonly clock: Clock
  readonly timers: Timers
  /** Makes the ids of jobs and requests. @default the system's */
  readonly rng?: Rng
}

export interface Gateway {
  readonly address: { readonly host: string; readonly port: number }
  /** Without a slash at the end. */
  readonly url: string
  /** Requests for inference that are being answered. */
  readonly inFlight: number
  /** What `/metrics` tells; more may be registered. */
  readonly registry: Registry
  /** Takes over who may use it and on what terms, for requests from now on; what is left out has its default. @throws ERR_INVALID_OPTION */
  configure(options: AccessOptions): void
  /**
   * Takes no more requests for inference and waits for those that it has; after `deadlineMs` ≥ 0 it cuts off what is left.
   * @returns how many were cut off
   */
  drain(limit: { readonly deadlineMs: number }): Promise<number>
  /** Cuts off everything and lets go of the port. */
  stop(): Promise<void>
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<AddressInfo> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new PeerbanditError('ERR_PORT_IN_USE', `port ${port} of ${host} is taken: choose another, or 0 for any`, {
      cause: error
    })
  }
  return app.server.address() as AddressInfo
}

/** For answers that are cut off to say so, and their jobs to end. */
const STOP_MS = 1000

function shuttingDown(): ApiError {
  return new ApiError(503, 'the gateway is shutting down', { code: 'shutting_down', retryAfterS: 1 })
}

/** Resolves when there are none, or after so long. */
function emptyWithin(inFlight: InFlight, timers: Timers, limitMs: number): Promise<void> {
  return new Promise<void>((resolve) => {
    const cancel = timers.after(limitMs, resolve)
    void inFlight.empty().then(() => {
      cancel()
      resolve()
    })
  })
}

/**
 * Serves the APIs of OpenAI, Ollama and CrowdLlama over HTTP, in front of a router of jobs.
 * @throws ERR_INVALID_OPTION, ERR_PORT_IN_USE
 */
export async function startGateway(components: GatewayComponents, options: GatewayOptions = {}): Promise<Gateway> {
  const { service, clock, timers, rng } = components
  const resolved = resolveOptions(options)
  const inFlight = new InFlight(resolved.maxInFlight)
  const metrics = new GatewayMetrics(() => inFlight.size)
  const terms = new TermsOf(resolved)
  const access = new Access(resolved.keys, clock)
  let origins = resolved.cors
  let draining = false
  const app = await buildServer({
    service,
    clock,
    options: resolved,
    terms,
    inFlight,
    metrics,
    newId: idMaker(rng),
    isDraining: () => draining,
    access,
    origins: () => origins,
    sinceMs: clock.wall()
  })
  const { address: host, port } = await listen(app, resolved.host, resolved.port)
  return {
    address: { host, port },
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    registry: metrics.registry,
    get inFlight() {
      return inFlight.size
    },
    configure(next) {
      const { keys, cors, ...rest } = resolveOptions({ ...options, keys: [], cors: [], rules: [], classes: [], ...next })
      terms.configure(rest)
      access.configure(keys)
      origins = cors
    },
    async drain({ deadlineMs }) {
      checkNonNegative('deadlineMs', deadlineMs)
      draining = true
      await emptyWithin(inFlight, timers, deadlineMs)
      return inFlight.abortAll(shuttingDown())
    },
    async stop() {
      draining = true
      inFlight.abortAll(shuttingDown())
      await emptyWithin(inFlight, timers, STOP_MS)
      await app.close()
    }
  }
}
