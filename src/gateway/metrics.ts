import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** From an answer out of a cache to a long one of a slow peer, s. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** Of the process, by the names that they have everywhere. */
const PROCESS_GAUGES: readonly (readonly [name: string, help: string, read: () => number])[] = [
  ['process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss()],
  ['nodejs_heap_size_used_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed],
  ['process_uptime_seconds', 'Since the process started', () => process.uptime()]
]

/** What the gateway measures of itself. */
export class GatewayMetrics {
  readonly registry = new Registry()
  readonly requests: Counter<'route' | 'status' | 'class'>
  readonly requestSeconds: Histogram<'route' | 'class'>
  readonly firstTokenSeconds: Histogram<'route' | 'class'>
  readonly tokens: Counter<'direction' | 'class'>
  readonly retries: Counter<'kept'>
  /** Jobs that wait for a peer. */
  readonly waiting: Gauge

  constructor(inFlight: () => number) {
    const registers = [this.registry]
    this.requests = new Counter({
      name: 'peerbandit_gateway_requests_total',
      help: 'Requests answered; status 499 if the client went away',
      labelNames: ['route', 'status', 'class'],
      registers
    })
    this.requestSeconds = new Histogram({
      name: 'peerbandit_gateway_request_seconds',
      help: 'From the headers of a request to the last byte of its answer',
      labelNames: ['route', 'class'],
      buckets: SECONDS,
      registers
    })
    this.firstTokenSeconds = new Histogram({
      name: 'peerbandit_gateway_first_token_seconds',
      help: 'From the headers of a request to the first token from a peer',
      labelNames: ['route', 'class'],
      buckets: SECONDS,
      registers
    })
    this.tokens = new Counter({
      name: 'peerbandit_gateway_tokens_total',
      help: 'Tokens of answers that ended well, by direction: prompt, output',
      labelNames: ['direction', 'class'],
      registers
    })
    this.retries = new Counter({
      name: 'peerbandit_gateway_attempts_failed_total',
      help: 'Attempts that failed; kept if the next one went on from their tokens',
      labelNames: ['kept'],
      registers
    })
    this.waiting = new Gauge({ name: 'peerbandit_gateway_waiting', help: 'Jobs that wait for a peer', registers })
    new Gauge({
      name: 'peerbandit_gateway_in_flight',
      help: 'Requests for inference that are being answered',
      registers,
      collect() {
        this.set(inFlight())
      }
    })
    registerProcess(registers)
  }
}

function registerProcess(registers: Registry[]): void {
  for (const [name, help, read] of PROCESS_GAUGES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      }
    })
  }
}
