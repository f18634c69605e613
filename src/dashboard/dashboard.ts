import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkInteger, checkPositive } from '../core/check.ts'
import type { Timers } from '../core/clock.ts'
import { readAssets } from './assets.ts'
import type { DashboardState } from './dashboard-state.ts'
import { EventStream } from './event-stream.ts'
import { type Reply, send, sendError, sendJson, writeHead } from './replies.ts'
import { StateReader, type StateSources } from './state-reader.ts'

export interface DashboardComponents extends StateSources {
  readonly timers: Timers
}

export interface DashboardOptions {
  /** Between two states that listeners get, ms > 0. @default 1000 */
  readonly intervalMs?: number
  /** Pages that may follow at a time, ≥ 1. @default 32 */
  readonly maxListeners?: number
}

const DEFAULTS = { intervalMs: 1000, maxListeners: 32 }
const RETRY_MS = 2000

/** The live page of a router, for any HTTP server. */
export interface Dashboard {
  /** Answers a request whose path is the dashboard's; false, with nothing done, for any other. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** What the page shows. */
  state(): DashboardState
  /** Ends the streams and forgets the selection. */
  stop(): void
}

const DECISION = '/dashboard/decision/'

/**
 * `/` is the page, `/dashboard/events` a stream of states, `/dashboard/state` one of them, `/dashboard/decision/<id>` the scores of one of
 * the last decisions. From when it is made it keeps those, bounded; states are made only for who asks.
 * @throws ERR_INVALID_OPTION
 */
export function dashboard(components: DashboardComponents, options: DashboardOptions = {}): Dashboard {
  const intervalMs = checkPositive('intervalMs', options.intervalMs ?? DEFAULTS.intervalMs)
  const maxListeners = checkInteger('maxListeners', options.maxListeners ?? DEFAULTS.maxListeners, { min: 1 })
  return new LiveDashboard(components, { intervalMs, maxListeners })
}

class LiveDashboard implements Dashboard {
  readonly #assets: ReadonlyMap<string, Reply> = readAssets()
  readonly #reader: StateReader
  readonly #events: EventStream

  constructor(components: DashboardComponents, options: Required<DashboardOptions>) {
    this.#reader = new StateReader(components)
    const make = () => JSON.stringify(this.#reader.read())
    this.#events = new EventStream(components.timers, make, { ...options, retryMs: RETRY_MS })
  }

  state(): DashboardState {
    return this.#reader.read()
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const [path] = (request.url ?? '/').split('?', 1)
    const answer = this.#answerTo(path)
    if (answer === undefined) return false
    if (request.method === 'GET' || request.method === 'HEAD') {
      answer(request, response)
      return true
    }
    response.setHeader('allow', 'GET, HEAD')
    sendError(request, response, 405, `${path} is read with GET, got ${request.method ?? 'no method'}`)
    return true
  }

  #answerTo(path: string): ((request: IncomingMessage, response: ServerResponse) => void) | undefined {
    const asset = this.#assets.get(path)
    if (asset !== undefined) {
      return (request, response) => {
        send(request, response, asset)
      }
    }
    if (path === '/dashboard/state') {
      return (request, response) => {
        sendJson(request, response, this.#reader.read())
      }
    }
    if (path === '/dashboard/events') {
      return (request, response) => {
        this.#follow(request, response)
      }
    }
    if (!path.startsWith(DECISION)) return undefined
    return (request, response) => {
      this.#decision(request, response, path.slice(DECISION.length))
    }
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'HEAD') {
      writeHead(response, 200, { 'content-type': 'text/event-stream' })
      response.end()
    } else if (this.#events.isFull) sendError(request, response, 503, 'too many pages follow already: close some of them')
    else this.#events.add(response)
  }

  #decision(request: IncomingMessage, response: ServerResponse, encodedId: string): void {
    const detail = this.#reader.decision(decoded(encodedId))
    if (detail === undefined) sendError(request, response, 404, 'no such decision among the last ones: newer ones took its place')
    else sendJson(request, response, detail)
  }

  stop(): void {
    this.#events.stop()
    this.#reader.stop()
  }
}

/** What cannot be decoded names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
