/** What outcomes of one peer say beyond the network: means over its outcomes, each of which counts less as it ages. */
export interface PeerResidual {
  /** Outcomes, as far as they still count. */
  count: number
  /** Mean of ln tokens/s over the network's median. */
  residual: number
  /** Mean of what the head saw of it. */
  readonly features: Float64Array
  /** Precision with which it stands in the fleet's sums, at `atMs`. */
  precision: number
  /** Of its last outcome. */
  atMs: number
}

/** More outcomes count as so many: peers change, and the newest must be heard. */
const MOST_COUNT = 5

export function newPeerResidual(width: number, atMs: number): PeerResidual {
  return { count: 0, residual: 0, features: new Float64Array(width), precision: 0, atMs }
}

/** Outcomes that still count at a moment. */
export function countAt({ count, atMs }: PeerResidual, nowMs: number, halfLifeMs: number): number {
  return count * 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs)
}

/** How an outcome differs from those of the peer before: what tells a peer's loads apart, and how steady it is. */
export interface Deviation {
  /** From the means before. */
  readonly features: Float64Array
  residual: number
  /** Share of a free observation that it is, 0–1: 0 for a peer's first. */
  weight: number
}

/**
 * Takes an outcome into the means.
 * @param features of the outcome; @param into filled with how it differs
 * @see Welford 1962, "Note on a Method for Calculating Corrected Sums of Squares and Products"
 */
export function observeResidual(peer: PeerResidual, features: Float64Array, residual: number, into: Deviation): void {
  const before = Math.min(MOST_COUNT - 1, peer.count)
  peer.count = before + 1
  into.weight = before / peer.count
  into.residual = residual - peer.residual
  peer.residual += into.residual / peer.count
  for (let i = 0; i < features.length; i++) {
    into.features[i] = features[i] - peer.features[i]
    peer.features[i] += into.features[i] / peer.count
  }
}
