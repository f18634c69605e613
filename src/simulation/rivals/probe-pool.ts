import type { PeerId } from '../../job/decision.ts'

/** What a peer said when it was probed, and how often that may still be used. */
export interface Probe {
  readonly peer: PeerId
  readonly atMs: number
  /** Requests in flight at the peer, those sent since on the strength of this probe added. */
  readonly inFlight: number
  /** Expected latency there, in any unit. */
  readonly latency: number
  readonly usesLeft: number
}

/** Prequal's pool: the newest probe of each of a few peers. */
export class ProbePool {
  readonly #capacity: number
  #probes: Probe[] = []

  /** @param capacity probes at most, ≥ 1 */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get probes(): readonly Probe[] {
    return this.#probes
  }

  /** Takes the place of the peer's older probe; the oldest of all goes when the pool is full. */
  add(probe: Probe): void {
    this.drop(probe.peer)
    this.#probes.push(probe)
    if (this.#probes.length > this.#capacity) this.removeOldest()
  }

  drop(peer: PeerId): void {
    this.#probes = this.#probes.filter((probe) => probe.peer !== peer)
  }

  /** Removes what is older than `sinceMs`. */
  expire(sinceMs: number): void {
    this.#probes = this.#probes.filter(({ atMs }) => atMs >= sinceMs)
  }

  /** A job was sent to the probe's peer: it counts there, and the probe is worn. */
  use(probe: Probe): void {
    const used = { ...probe, inFlight: probe.inFlight + 1, usesLeft: probe.usesLeft - 1 }
    this.#probes = this.#probes.map((each) => (each === probe ? used : each)).filter(({ usesLeft }) => usesLeft > 0)
  }

  removeOldest(): void {
    this.#remove((a, b) => a.atMs < b.atMs)
  }

  /** Removes the hot probe with the most in flight, or if none is hot the one with the highest latency. */
  removeWorst(threshold: number): void {
    const isHot = (probe: Probe) => probe.inFlight > threshold
    this.#remove((a, b) => {
      if (isHot(a) !== isHot(b)) return isHot(a)
      return isHot(a) ? a.inFlight > b.inFlight : a.latency > b.latency
    })
  }

  #remove(goesBefore: (a: Probe, b: Probe) => boolean): void {
    const [first, ...others] = this.#probes
    if (first === undefined) return
    const goes = others.reduce((chosen, probe) => (goesBefore(probe, chosen) ? probe : chosen), first)
    this.#probes = this.#probes.filter((probe) => probe !== goes)
  }
}

/**
 * The hot-cold lexicographic rule: of the probes with at most `threshold` in flight the one with the lowest latency; if all have
 * more, the one with the fewest.
 */
export function hotColdChoice(probes: readonly Probe[], threshold: number): Probe | undefined {
  const cold = probes.filter(({ inFlight }) => inFlight <= threshold)
  const [first, ...others] = cold.length > 0 ? cold : probes
  if (first === undefined) return undefined
  const cost = (probe: Probe) => (cold.length > 0 ? probe.latency : probe.inFlight)
  const tieBreak = (probe: Probe) => (cold.length > 0 ? probe.inFlight : probe.latency)
  const isBetter = (a: Probe, b: Probe) => cost(a) < cost(b) || (cost(a) === cost(b) && tieBreak(a) < tieBreak(b))
  return others.reduce((best, probe) => (isBetter(probe, best) ? probe : best), first)
}
