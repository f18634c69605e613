import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkInteger, checkPositive, checkText } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { WorkloadClass } from '../job/job.ts'

export interface ApiKey {
  /** Whose it is; stands in logs instead of the key. */
  readonly name: string
  readonly key: string
  /** Requests for inference. > 0 @default unlimited */
  readonly ratePerMinute?: number
}

/** What jobs for some models get, where their request does not say otherwise. */
export interface ModelRule {
  /** A glob over the model's name: `*` is any text, `?` any character. */
  readonly model: string
  readonly class?: WorkloadClass
  /** > 0 */
  readonly deadlineMs?: number
  /** Per million output tokens, ≥ 0. A request may ask for less, not for more. */
  readonly maxPrice?: number
}

/** What may change while the gateway runs. */
export type AccessOptions = Pick<GatewayOptions, 'keys' | 'cors' | 'rules' | 'classes' | 'defaults'>

export interface GatewayDefaults {
  /** @default 'interactive' */
  readonly class?: WorkloadClass
  /** @default 300000 */
  readonly deadlineMs?: number
  /** Expected of an answer whose length the request does not limit. @default 256 */
  readonly outputTokens?: number
  /** Most tokens of such an answer. @default 32768 */
  readonly maxTokens?: number
}

export interface GatewayOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 for any that is free. @default 11435 */
  readonly port?: number
  /** None: whoever can connect may use it. */
  readonly keys?: readonly ApiKey[]
  /** @default 10485760 */
  readonly bodyLimitBytes?: number
  /** Origins of web pages that may use it besides its own; `*` is every one. @default none */
  readonly cors?: readonly string[]
  /** Names that a gateway on a loopback address is reached by besides localhost: those of a proxy before it. */
  readonly hosts?: readonly string[]
  /** The first that matches a model's name counts. */
  readonly rules?: readonly ModelRule[]
  readonly defaults?: GatewayDefaults
  /** Classes that a request may ask for besides the usual three and those of rules. */
  readonly classes?: readonly WorkloadClass[]
  /** Requests for inference at a time, ≥ 1. @default 1000 */
  readonly maxInFlight?: number
  /** Longest that a client may take for its headers. @default 10000 */
  readonly headersTimeoutMs?: number
  /** Longest that a client may take for its whole request. @default 60000 */
  readonly requestTimeoutMs?: number
  /** Between two requests of a connection. @default 72000 */
  readonly keepAliveTimeoutMs?: number
  /** Answers what the gateway has no route for; false if it has none either. Keys are not asked for. */
  readonly fallback?: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Whether log lines tell prompts. @default false */
  readonly logPrompts?: boolean
  /** Whether requests and attempts make spans of OpenTelemetry, where an SDK is set up. @default false */
  readonly tracing?: boolean
  /** Takes one line a request. */
  readonly log?: (line: object) => void
}

const DEFAULTS = {
  host: '127.0.0.1',
  port: 11_435,
  keys: [] as readonly ApiKey[],
  bodyLimitBytes: 10 * 1024 * 1024,
  cors: [] as readonly string[],
  hosts: [] as readonly string[],
  rules: [] as readonly ModelRule[],
  classes: [] as readonly WorkloadClass[],
  maxInFlight: 1000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  logPrompts: false,
  tracing: false
} as const satisfies GatewayOptions

const DEFAULTS_OF_JOBS = { class: 'interactive', deadlineMs: 300_000, outputTokens: 256, maxTokens: 32_768 }

export type ResolvedOptions = Omit<GatewayOptions, 'defaults'> &
  Required<Pick<GatewayOptions, keyof typeof DEFAULTS>> & { readonly defaults: Required<GatewayDefaults> }

function checkKeys(keys: readonly ApiKey[]): void {
  for (const { name, key, ratePerMinute } of keys) {
    checkText('keys.name', name)
    // Not by checkText, whose message would show it.
    if (typeof key !== 'string' || key.length === 0)
      throw new PeerbanditError('ERR_INVALID_OPTION', `the key of ${name} must be a string that is not empty`)
    if (ratePerMinute !== undefined) checkPositive('keys.ratePerMinute', ratePerMinute)
  }
}

function checkRules(rules: readonly ModelRule[]): void {
  for (const rule of rules) {
    checkText('rules.model', rule.model)
    if (rule.class !== undefined) checkText('rules.class', rule.class)
    if (rule.deadlineMs !== undefined) checkPositive('rules.deadlineMs', rule.deadlineMs)
    if (rule.maxPrice !== undefined && !(rule.maxPrice >= 0))
      throw new PeerbanditError('ERR_INVALID_OPTION', `rules.maxPrice must be at least 0, got ${rule.maxPrice}`)
  }
}

/** @throws ERR_INVALID_OPTION */
export function resolveOptions(options: GatewayOptions): ResolvedOptions {
  const resolved = { ...DEFAULTS, ...options, defaults: { ...DEFAULTS_OF_JOBS, ...options.defaults } }
  checkText('host', resolved.host)
  checkInteger('port', resolved.port, { max: 65_535 })
  checkInteger('bodyLimitBytes', resolved.bodyLimitBytes, { min: 1 })
  checkInteger('maxInFlight', resolved.maxInFlight, { min: 1 })
  for (const name of ['headersTimeoutMs', 'requestTimeoutMs', 'keepAliveTimeoutMs'] as const)
    checkInteger(name, resolved[name], { min: 1 })
  checkText('defaults.class', resolved.defaults.class)
  checkPositive('defaults.deadlineMs', resolved.defaults.deadlineMs)
  checkInteger('defaults.outputTokens', resolved.defaults.outputTokens, { min: 1 })
  checkInteger('defaults.maxTokens', resolved.defaults.maxTokens, { min: 1 })
  checkKeys(resolved.keys)
  checkRules(resolved.rules)
  return resolved
}
