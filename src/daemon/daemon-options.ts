import type { GatewayOptions } from '../gateway/options.ts'
import type { Objective } from '../job/objective.ts'
import type { RouterOptions } from '../router/router.ts'
import type { Algorithm } from '../scoring/algorithms.ts'
import type { ThroughputModel } from '../throughput/throughput-model.ts'
import type { Config } from './config/config-schema.ts'
import type { Secrets } from './config/secrets.ts'

type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> }

/** Without what is undefined: an option that is left out has its default. */
export function defined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>
}

const MB = 1024 * 1024
const DAY_MS = 24 * 3_600_000

export interface RouterExtras {
  readonly algorithms?: readonly Algorithm[] | undefined
  readonly throughput?: ThroughputModel | undefined
  /** Of the draws, where the configuration has none. */
  readonly seed: number
}

/** The router of a configuration. */
export function routerOptions({ routing, journal }: Config, { algorithms, throughput, seed }: RouterExtras): RouterOptions {
  const { policy, objectives, health, hedging, maxAttempts, firstTokenTimeoutMs, stallTimeoutMs, maxWaiting } = routing
  return defined({
    policy,
    algorithms,
    throughput,
    seed: BigInt(routing.seed ?? seed),
    objectives: Object.fromEntries(Object.entries(objectives).map(([name, each]) => [name, defined(each) as Objective])),
    health: defined(health),
    retention: { maxAgeMs: journal.retention.days * DAY_MS, maxBytes: journal.retention.maxMb * MB },
    router: defined({
      maxAttempts,
      firstTokenTimeoutMs,
      stallTimeoutMs,
      maxWaiting,
      hedging: hedging.enabled ? { budgetRatio: hedging.budgetRatio } : undefined
    })
  })
}

/** What of the gateway can be taken over while it runs. */
export function accessOptions({ rules, classes, defaults, cors }: Config, { keys }: Secrets) {
  return {
    keys: keys.map(({ name, key, requestsPerMinute }) => ({
      name,
      key,
      ...(requestsPerMinute !== undefined && { ratePerMinute: requestsPerMinute })
    })),
    rules: rules.map((rule) => defined(rule)),
    classes,
    defaults,
    cors: cors.origins
  } satisfies GatewayOptions
}

export function gatewayOptions(config: Config, secrets: Secrets): GatewayOptions {
  const { listen, bodyLimitMb, log, telemetry } = config
  return {
    ...accessOptions(config, secrets),
    host: listen.host,
    port: listen.port,
    hosts: listen.hosts,
    bodyLimitBytes: Math.round(bodyLimitMb * MB),
    logPrompts: log.prompts,
    tracing: telemetry !== undefined
  }
}
