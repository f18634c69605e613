import { checkInteger, checkNonNegative, checkPositive, checkText, show } from '../core/check.ts'
import type { AbortOptions } from '../core/abort.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { LoadReport } from '../job/outcome.ts'
import type { Engine } from '../router/transport.ts'

/** What the owner says of the machine behind a backend; its server says nothing of it. */
export interface BackendHardware {
  /** GPU name, e.g. "RTX 4090"; "" when unknown. */
  readonly gpuModel: string
  /** GPU memory in GB, ≥ 0; 0 when unknown. */
  readonly vramGb: number
  /** Decode speed of one job, tokens/s ≥ 0; 0 when unknown. */
  readonly tokensPerSecond: number
}

/** What a model server said when it was asked. */
export interface BackendStatus {
  /** Models it serves, by the names that the network knows them by. */
  readonly models: readonly string[]
  /** Of those, the ones that are in memory, where it tells: Ollama. */
  readonly loaded?: readonly string[]
  readonly load: LoadReport
  /** The shortest round trip of the requests that it took, ms ≥ 0. */
  readonly rttMs: number
}

/**
 * A model server that is spoken to over HTTP: a peer beside those of libp2p.
 *
 * `infer` throws, beside what a Transport may: TransportError `unreachable` when there is no connection, `disconnected` when it broke;
 * EngineError `overloaded` for 429 and 503; EngineError `engine` for 5xx, for what only this server's owner can put right (401, 403, 404,
 * 405, 407, 408), and for an error inside a stream; RequestError for the other 4xx; ERR_PROTOCOL for garbage, too much, or a stream that
 * ends without saying why; ERR_TIMEOUT for a server that is silent for too long. When its signal aborts, the connection is closed at once
 * and the signal's reason is thrown.
 */
export interface Backend extends Engine {
  /** Its id as a peer. */
  readonly name: PeerId
  readonly hardware: BackendHardware
  /**
   * Asks the server what it serves and how busy it is. {@link Engine.load} tells the last answer, together with the jobs that were sent
   * there since; of a server that does not say, the jobs sent there alone.
   * @throws as `infer` does
   */
  poll(options?: AbortOptions): Promise<BackendStatus>
  /** Closes its connections; jobs under way end as `disconnected`. */
  close(): Promise<void>
}

export interface BackendComponents {
  readonly clock: Clock
  readonly timers: Timers
}

export interface BackendOptions {
  /** Its id as a peer; not that of another peer. */
  readonly name: string
  /** Where the server listens, `http:` or `https:`; a path before `/v1` is kept, `/v1` itself may be left out. */
  readonly url: string
  /** Sent as bearer token. */
  readonly apiKey?: string
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * The models to use it for: the name that the network knows → the server's own, as it lists it.
   * @default every model that it lists, by its own name
   */
  readonly models?: Readonly<Record<string, string>>
  /** Jobs it runs side by side, ≥ 1. @default what it says; 1 for Ollama, 256 for vLLM and SGLang, 4 for others that do not say */
  readonly slots?: number
  readonly hardware?: Partial<BackendHardware>
  /** For a new connection, TLS included, ms > 0. @default 5000 */
  readonly connectTimeoutMs?: number
  /** How long the server may send nothing during a job, ms > 0. A guard; the job's own patience comes with its signal. @default 600000 */
  readonly idleTimeoutMs?: number
  /** Most characters of one event of a stream, ≥ 1. @default 1048576 */
  readonly maxLineLength?: number
  /** Most bytes read of an error's body, ≥ 1. @default 65536 */
  readonly maxErrorBytes?: number
  /** Most bytes of a whole reply, ≥ 1. @default 67108864 */
  readonly maxReplyBytes?: number
}

const DEFAULTS = {
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 600_000,
  maxLineLength: 1_048_576,
  maxErrorBytes: 65_536,
  maxReplyBytes: 67_108_864
} as const satisfies Partial<BackendOptions>

export type BackendSettings = BackendOptions &
  Required<Pick<BackendOptions, keyof typeof DEFAULTS>> & {
    readonly hardware: BackendHardware
    readonly origin: string
    /** The path before `/v1`, without a slash at its end; "" mostly. */
    readonly prefix: string
  }

function parseUrl(text: string): Pick<BackendSettings, 'origin' | 'prefix'> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    const wanted = 'an http: or https: URL without user or query (a key goes into apiKey)'
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `url must be ${wanted}, got ${show(url?.username ? '(one with a user)' : text)}`
    )
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '') }
}

/** @throws ERR_INVALID_OPTION */
export function resolveBackendOptions(options: BackendOptions): BackendSettings {
  const hardware = { gpuModel: '', vramGb: 0, tokensPerSecond: 0, ...options.hardware }
  checkText('name', options.name)
  checkNonNegative('hardware.vramGb', hardware.vramGb)
  checkNonNegative('hardware.tokensPerSecond', hardware.tokensPerSecond)
  if (options.slots !== undefined) checkInteger('slots', options.slots, { min: 1 })
  for (const [name, own] of Object.entries(options.models ?? {})) {
    checkText('models', name)
    checkText(`models.${name}`, own)
  }
  const settings = { ...DEFAULTS, ...options, hardware, ...parseUrl(options.url) }
  checkPositive('connectTimeoutMs', settings.connectTimeoutMs)
  checkPositive('idleTimeoutMs', settings.idleTimeoutMs)
  checkInteger('maxLineLength', settings.maxLineLength, { min: 1 })
  checkInteger('maxErrorBytes', settings.maxErrorBytes, { min: 1 })
  checkInteger('maxReplyBytes', settings.maxReplyBytes, { min: 1 })
  return settings
}
