import { checkInteger, checkPositive } from '../../../core/check.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Rng } from '../../../core/rng.ts'
import type { PeerId } from '../../../job/decision.ts'

export interface ProviderRecord {
  readonly peer: PeerId
  /** Multihash of its public key. */
  readonly id: Uint8Array
  /** Multiaddrs in bytes. */
  readonly addresses: readonly Uint8Array[]
}

export interface ProviderStoreOptions {
  /** How long a record that is not written again is kept, ms > 0. CrowdLlama's nodes write theirs every second. @default 3600000 */
  readonly recordTtlMs?: number
  /** Most keys that one peer may be kept under, ≥ 1; its oldest goes first. @default 64 */
  readonly maxKeysPerPeer?: number
  /** Most records in all, ≥ 1; the oldest goes first. @default 65536 */
  readonly maxRecords?: number
  /** Most providers that an answer names, ≥ 1, drawn at random where there are more. @default 256 */
  readonly maxProvidersPerReply?: number
}

const DEFAULTS = {
  recordTtlMs: 3_600_000,
  maxKeysPerPeer: 64,
  maxRecords: 65_536,
  maxProvidersPerReply: 256
} as const satisfies ProviderStoreOptions

interface Kept extends ProviderRecord {
  readonly key: string
  readonly expiresMs: number
}

/**
 * Who provides what, for a while and within bounds. Every record is under the authenticated id of who wrote it, so that one peer can
 * crowd out no others by writing many.
 */
export class ProviderStore {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #settings: Required<ProviderStoreOptions>
  /** By key, then by peer. */
  readonly #byKey = new Map<string, Map<PeerId, Kept>>()
  /** By peer, its keys, the one that was written last at the end. */
  readonly #keysOf = new Map<PeerId, Set<string>>()
  /** All, the one that was written last at the end: so they expire in order. */
  readonly #all = new Set<Kept>()

  constructor({ clock, rng }: { readonly clock: Clock; readonly rng: Rng }, options: ProviderStoreOptions = {}) {
    this.#clock = clock
    this.#rng = rng
    const settings = { ...DEFAULTS, ...options }
    checkPositive('recordTtlMs', settings.recordTtlMs)
    checkInteger('maxKeysPerPeer', settings.maxKeysPerPeer, { min: 1 })
    checkInteger('maxRecords', settings.maxRecords, { min: 1 })
    checkInteger('maxProvidersPerReply', settings.maxProvidersPerReply, { min: 1 })
    this.#settings = settings
  }

  /** Records in all, those that have expired included until the next is added or looked for. */
  get size(): number {
    return this.#all.size
  }

  /** Keeps a record in place of the one that the peer had under the key. */
  add(key: Uint8Array, record: ProviderRecord): void {
    const { recordTtlMs, maxKeysPerPeer, maxRecords } = this.#settings
    const kept: Kept = { ...record, key: Buffer.from(key).toString('hex'), expiresMs: this.#clock.now() + recordTtlMs }
    const before = this.#byKey.get(kept.key)?.get(kept.peer)
    if (before !== undefined) this.#drop(before)
    this.#expire()
    const [oldestKey] = this.#keysOf.get(kept.peer) ?? []
    if ((this.#keysOf.get(kept.peer)?.size ?? 0) >= maxKeysPerPeer) this.#dropAt(oldestKey, kept.peer)
    const [oldest] = this.#all
    if (this.#all.size >= maxRecords) this.#drop(oldest)
    this.#all.add(kept)
    put(this.#byKey, kept.key, () => new Map<PeerId, Kept>()).set(kept.peer, kept)
    put(this.#keysOf, kept.peer, () => new Set<string>()).add(kept.key)
  }

  /** Some of those that provide the key. */
  find(key: Uint8Array): readonly ProviderRecord[] {
    this.#expire()
    const found = [...(this.#byKey.get(Buffer.from(key).toString('hex'))?.values() ?? [])]
    const { maxProvidersPerReply } = this.#settings
    for (let i = 0; i < found.length - 1 && found.length > maxProvidersPerReply && i < maxProvidersPerReply; i++) {
      const other = i + Math.floor(this.#rng.next() * (found.length - i))
      ;[found[i], found[other]] = [found[other], found[i]]
    }
    return found.slice(0, maxProvidersPerReply)
  }

  #expire(): void {
    const nowMs = this.#clock.now()
    for (const kept of this.#all) {
      if (kept.expiresMs > nowMs) return
      this.#drop(kept)
    }
  }

  #dropAt(key: string, peer: PeerId): void {
    const kept = this.#byKey.get(key)?.get(peer)
    if (kept !== undefined) this.#drop(kept)
  }

  #drop(kept: Kept): void {
    this.#all.delete(kept)
    const peers = this.#byKey.get(kept.key)
    peers?.delete(kept.peer)
    if (peers?.size === 0) this.#byKey.delete(kept.key)
    const keys = this.#keysOf.get(kept.peer)
    keys?.delete(kept.key)
    if (keys?.size === 0) this.#keysOf.delete(kept.peer)
  }
}

function put<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
