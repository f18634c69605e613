import type { Rejection, ScoreEvent } from './score-event.ts'

/** What is known of a message: being validated, or what came of that. */
type DeliveryStatus = 'unknown' | 'valid' | 'invalid' | 'ignored' | 'throttled'

interface DeliveryRecord {
  status: DeliveryStatus
  /** When it turned out to be valid, ms. */
  validatedAtMs: number
  /** Who brought it too, each counted once. */
  readonly peers: Set<string>
}

/** What a message does to the counters of those who brought it. */
export interface DeliveryCounting {
  /** The first to bring a valid one. */
  first(peer: string, topic: string): void
  /** Another one. @param lateByMs after the message was known to be valid; 0 before */
  again(peer: string, topic: string, lateByMs: number): void
  invalid(peer: string, topic: string): void
}

type MessageEvent = Extract<ScoreEvent, { kind: 'validate' | 'deliver' | 'duplicate' | 'reject' }>
type SentEvent = Extract<MessageEvent, { kind: 'deliver' | 'duplicate' | 'reject' }>

interface Entry {
  readonly record: DeliveryRecord
  readonly expiresAtMs: number
}

/** How long a message is remembered for duplicates of it to be told, ms (TimeCacheDuration of all implementations). */
const REMEMBERED_MS = 120_000

/** The messages of the last two minutes: who brought each, and whether it was valid. */
export class DeliveryRecords {
  // A Map goes through its keys in the order in which they came, so the oldest is always in front.
  readonly #entries = new Map<string, Entry>()

  get size(): number {
    return this.#entries.size
  }

  /** Lets something happen to a message, and to the counters of its peers. */
  tell(event: MessageEvent, atMs: number, counting: DeliveryCounting): void {
    switch (event.kind) {
      case 'validate':
        this.#recordOf(event.message, atMs)
        break
      case 'deliver':
        this.#deliver(event, atMs, counting)
        break
      case 'duplicate':
        this.#duplicate(event, atMs, counting)
        break
      case 'reject':
        this.#reject(event, { reason: event.reason, atMs }, counting)
        break
    }
  }

  #deliver({ peer, topic, message }: SentEvent, atMs: number, counting: DeliveryCounting): void {
    counting.first(peer, topic)
    const record = this.#recordOf(message, atMs)
    if (record.status !== 'unknown') return
    record.status = 'valid'
    record.validatedAtMs = atMs
    // Whoever brought it while it was being validated was in time.
    for (const other of record.peers) if (other !== peer) counting.again(other, topic, 0)
  }

  #duplicate({ peer, topic, message }: SentEvent, atMs: number, counting: DeliveryCounting): void {
    const record = this.#recordOf(message, atMs)
    if (record.peers.has(peer)) return
    if (record.status === 'unknown' || record.status === 'valid') record.peers.add(peer)
    if (record.status === 'valid') counting.again(peer, topic, atMs - record.validatedAtMs)
    if (record.status === 'invalid') counting.invalid(peer, topic)
  }

  #reject(
    { peer, topic, message }: SentEvent,
    { reason, atMs }: { readonly reason: Rejection; readonly atMs: number },
    counting: DeliveryCounting
  ): void {
    if (reason === 'unverifiable') counting.invalid(peer, topic)
    if (reason === 'unverifiable' || reason === 'blacklisted') return
    const record = this.#recordOf(message, atMs)
    if (record.status !== 'unknown') return
    record.status = reason
    if (reason === 'invalid') {
      counting.invalid(peer, topic)
      for (const other of record.peers) counting.invalid(other, topic)
    }
    record.peers.clear()
  }

  /** The message's record, made if it has none. */
  #recordOf(message: string, atMs: number): DeliveryRecord {
    const known = this.#entries.get(message)
    if (known !== undefined) return known.record
    const record: DeliveryRecord = { status: 'unknown', validatedAtMs: 0, peers: new Set() }
    this.#entries.set(message, { record, expiresAtMs: atMs + REMEMBERED_MS })
    return record
  }

  /** Forgets messages that are older than two minutes. */
  expire(atMs: number): void {
    for (const [message, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs >= atMs) break
      this.#entries.delete(message)
    }
  }
}
