import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { ApiError } from './api-error.ts'
import type { ApiKey } from './options.ts'

/** By what a key is looked up: how long that takes says nothing of the key. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}

/** A token bucket that holds a minute's worth. */
class Allowance {
  readonly #perMs: number
  readonly #most: number
  #left: number
  #atMs: number

  constructor(ratePerMinute: number, nowMs: number) {
    this.#perMs = ratePerMinute / 60_000
    this.#most = Math.max(1, ratePerMinute)
    this.#left = this.#most
    this.#atMs = nowMs
  }

  /** Takes one; says how long until there is one, ms, 0 if it was taken. */
  take(nowMs: number): number {
    this.#left = Math.min(this.#most, this.#left + (nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
    if (this.#left < 1) return (1 - this.#left) / this.#perMs
    this.#left -= 1
    return 0
  }
}

interface Holder {
  readonly name: string
  readonly ratePerMinute: number | undefined
  readonly allowance: Allowance | undefined
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
    const allowance = ratePerMinute === undefined ? undefined : new Allowance(ratePerMinute, this.#clock.now())
    return { name, ratePerMinute, allowance }
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
    const waitMs = counts ? (holder.allowance?.take(this.#clock.now()) ?? 0) : 0
    if (waitMs === 0) return holder.name
    const retryAfterS = Math.ceil(waitMs / 1000)
    throw new ApiError(429, `too many requests; try again in ${retryAfterS} s`, { code: 'rate_limit_exceeded', retryAfterS })
  }
}
