import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { TokenBucket } from '../core/token-bucket.ts'
import { ApiError } from './api-error.ts'
import type { ApiKey } from './options.ts'

/** By what a key is looked up: how long that takes says nothing of the key. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}

const MINUTE_MS = 60_000

interface Holder {
  readonly name: string
  readonly ratePerMinute: number | undefined
  /** A minute's worth. */
  readonly allowance: TokenBucket | undefined
}

/** Who may use the gateway, and how often. */
export class Access {
  readonly #clock: Clock
  #holders: ReadonlyMap<string, Holder> = new Map()

  constructor(keys: readonly ApiKey[], clock: Clock) {
    this.#clock = clock
    this.configure(keys)
  }

  /** Holds for requests from now on. Keys that stay, with their rate, keep what is left of their minute. */
  configure(keys: readonly ApiKey[]): void {
    const before = this.#holders
    this.#holders = new Map(
      keys.map(({ name, key, ratePerMinute }) => {
        const digest = digestOf(key)
        const known = before.get(digest)
        return [digest, known?.name === name && known.ratePerMinute === ratePerMinute ? known : this.#holder(name, ratePerMinute)]
      })
    )
  }

  #holder(name: string, ratePerMinute: number | undefined): Holder {
    if (ratePerMinute === undefined) return { name, ratePerMinute, allowance: undefined }
    const limits = { most: Math.max(1, ratePerMinute), intervalMs: MINUTE_MS / ratePerMinute }
    return { name, ratePerMinute, allowance: new TokenBucket(limits, this.#clock.now()) }
  }

  /**
   * The name of who asks; undefined where no keys are configured.
   * @param authorization the header @param counts whether it counts against the rate
   * @throws ApiError 401, 429
   */
  check(authorization: string | undefined, counts: boolean): string | undefined {
    if (this.#holders.size === 0) return undefined
    const key = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (key === undefined)
      throw new ApiError(401, 'an API key is required: send it as "Authorization: Bearer KEY"', { code: 'missing_api_key' })
    const holder = this.#holders.get(digestOf(key))
    if (holder === undefined) throw new ApiError(401, 'the API key is not known', { code: 'invalid_api_key' })
    const { name, allowance } = holder
    const nowMs = this.#clock.now()
    if (!counts || allowance === undefined || allowance.take(nowMs)) return name
    const retryAfterS = Math.ceil(allowance.waitMs(nowMs) / 1000)
    throw new ApiError(429, `too many requests; try again in ${retryAfterS} s`, { code: 'rate_limit_exceeded', retryAfterS })
  }
}
