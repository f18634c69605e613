import { checkInteger, checkPositive } from '../core/check.ts'
import type { ExclusionReason, PeerId } from '../job/decision.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { PeerTable } from '../peer/peer-table.ts'

export interface HealthOptions {
  /**
   * Jobs of this router that one peer may have at a time: a cap that keeps a peer from being overwhelmed. Spreading the load below it
   * is the business of the arms. ≥ 1 @default 16
   */
  readonly maxInFlightPerPeer?: number
  /** Whether a peer that says it has more slots than that may have as many jobs. For peers whose word counts. @default false */
  readonly trustSlots?: boolean
  /** First cool-down, ms; doubles with every further failure in a row. > 0 @default 5000 */
  readonly coolDownMs?: number
  /** Longest cool-down, ms. @default 60000 */
  readonly maxCoolDownMs?: number
  /** Failures in a row that a peer's engine may report before it cools down; a broken connection is enough by itself. ≥ 1 @default 3 */
  readonly engineFailures?: number
  /**
   * First cool-down of a peer that refused a job because it is full, ms; doubles with every further refusal in a row, up to eight times that.
   * Ends early when a job there does well: that freed a place. > 0 @default 100
   */
  readonly overloadBackOffMs?: number
  /**
   * Jobs in flight at peers that never finished one, all together: each of them gets one at a time. ≥ 1
   * @default 4, or two in five of the peers that are known where that is more: with fewer a large pool would stay idle for minutes
   */
  readonly maxProbesInFlight?: number
}

type ResolvedHealthOptions = Required<Omit<HealthOptions, 'maxProbesInFlight'>> & Pick<HealthOptions, 'maxProbesInFlight'>

const DEFAULTS: ResolvedHealthOptions = {
  maxInFlightPerPeer: 16,
  trustSlots: false,
  coolDownMs: 5_000,
  maxCoolDownMs: 60_000,
  engineFailures: 3,
  overloadBackOffMs: 100
}

const LEAST_PROBES = 4
const PROBED_RATIO = 0.4

/** The longest back-off is so many times the first: others free places all the time. */
const MOST_BACK_OFF = 8

/**
 * Where a peer stands. `closed` peers have no entry. A cool-down ends by itself; then one job at a time is let through until
 * one succeeds.
 */
type PeerHealth =
  | { readonly state: 'counting'; readonly failures: number }
  | { readonly state: 'cooling'; readonly untilMs: number; readonly trips: number }

/** Keeps jobs away from peers that just failed, are full, or are unknown and being tried already. */
export interface HealthGate {
  /** Why a peer may not get a job now; undefined when it may. */
  exclusion(row: number, atMs: number): ExclusionReason | undefined
  dispatched(row: number): void
  /** A lease ended. `reason` is undefined for a success; a cancelled job only releases. */
  released(row: number): void
  succeeded(peer: PeerId): void
  failed(peer: PeerId, reason: FailureReason, atMs: number): void
}

export function healthGate(table: PeerTable, options: HealthOptions = {}): HealthGate {
  const resolved = { ...DEFAULTS, ...options }
  checkInteger('maxInFlightPerPeer', resolved.maxInFlightPerPeer, { min: 1 })
  checkPositive('coolDownMs', resolved.coolDownMs)
  checkPositive('maxCoolDownMs', resolved.maxCoolDownMs)
  checkInteger('engineFailures', resolved.engineFailures, { min: 1 })
  checkPositive('overloadBackOffMs', resolved.overloadBackOffMs)
  if (resolved.maxProbesInFlight !== undefined) checkInteger('maxProbesInFlight', resolved.maxProbesInFlight, { min: 1 })
  return new Gate(table, resolved)
}

class Gate implements HealthGate {
  readonly #table: PeerTable
  readonly #options: ResolvedHealthOptions
  readonly #health = new Map<PeerId, PeerHealth>()
  /** Rows whose job in flight began while the peer was unknown. */
  readonly #probes = new Map<number, number>()
  #probesInFlight = 0

  constructor(table: PeerTable, options: ResolvedHealthOptions) {
    this.#table = table
    this.#options = options
  }

  exclusion(row: number, atMs: number): ExclusionReason | undefined {
    const inFlight = this.#table.inFlight(row)
    if (inFlight >= this.#limit(row)) return 'at-limit'
    const unhealthy = this.#unhealthy(row, inFlight, atMs)
    if (unhealthy !== undefined) return unhealthy
    const unknown = this.#table.outcomeCount(row) === 0
    if (unknown && (inFlight > 0 || this.#probesInFlight >= this.#mostProbes())) return 'probing'
    return undefined
  }

  #limit(row: number): number {
    const { maxInFlightPerPeer, trustSlots } = this.#options
    const slots = trustSlots ? this.#table.slots(row) : 0
    return slots > maxInFlightPerPeer ? slots : maxInFlightPerPeer
  }

  #mostProbes(): number {
    return this.#options.maxProbesInFlight ?? Math.max(LEAST_PROBES, Math.floor(PROBED_RATIO * this.#table.size))
  }

  #unhealthy(row: number, inFlight: number, atMs: number): ExclusionReason | undefined {
    if (this.#health.size === 0) return undefined
    const health = this.#health.get(this.#table.peerAt(row))
    if (health === undefined || health.state === 'counting') return undefined
    if (health.state === 'cooling' && atMs < health.untilMs) return 'cooling'
    // The cool-down is over: one job at a time until one succeeds.
    return inFlight > 0 ? 'probing' : undefined
  }

  dispatched(row: number): void {
    if (this.#table.outcomeCount(row) === 0) {
      this.#probes.set(row, (this.#probes.get(row) ?? 0) + 1)
      this.#probesInFlight += 1
    }
    this.#table.addInFlight(row, 1)
  }

  released(row: number): void {
    const probes = this.#probes.get(row)
    if (probes !== undefined) {
      this.#probesInFlight -= 1
      if (probes === 1) this.#probes.delete(row)
      else this.#probes.set(row, probes - 1)
    }
    this.#table.addInFlight(row, -1)
  }

  succeeded(peer: PeerId): void {
    this.#health.delete(peer)
  }

  failed(peer: PeerId, reason: FailureReason, atMs: number): void {
    if (reason === 'abandoned') return
    const before = this.#health.get(peer) ?? { state: 'counting', failures: 0 }
    // Several jobs of one outage count once.
    if (before.state === 'cooling' && atMs < before.untilMs) return
    if (before.state === 'counting' && reason === 'engine' && before.failures + 1 < this.#options.engineFailures) {
      this.#health.set(peer, { state: 'counting', failures: before.failures + 1 })
      return
    }
    const trips = before.state === 'counting' ? 1 : before.trips + 1
    this.#health.set(peer, { state: 'cooling', untilMs: atMs + this.#coolDownMs(reason, trips), trips })
  }

  #coolDownMs(reason: FailureReason, trips: number): number {
    const { coolDownMs, maxCoolDownMs, overloadBackOffMs } = this.#options
    // A peer that is full is well: it has a place again as soon as one of its jobs is done.
    const [firstMs, mostMs] =
      reason === 'overloaded' ? [overloadBackOffMs, MOST_BACK_OFF * overloadBackOffMs] : [coolDownMs, maxCoolDownMs]
    return Math.min(mostMs, firstMs * 2 ** (trips - 1))
  }
}
