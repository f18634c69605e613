/** A kind of peer: what it has, how far away it is and how it behaves. */
export interface PeerProfile {
  readonly name: string
  /** Decode speed of one job that runs alone, tokens/s. */
  readonly tokensPerSecond: number
  /** Jobs side by side. */
  readonly slots: number
  /** GPU name as peers write it. */
  readonly gpuModel: string
  readonly vramGb: number
  /** Share of the time that the peer is there, 0–1. */
  readonly uptimeRatio: number
  /** Round trip, ms: uniform between the two. */
  readonly rttMs: { readonly min: number; readonly max: number }
  /** Share of the peer's capacity that other work takes, 0–1. */
  readonly loadRatio: number
  /** Share of jobs that fail, 0–1. */
  readonly failureRatio: number
}

/**
 * The five kinds of peers of CrowdLlama's proof of concept of peer scoring, in its order and with its names and figures
 * (github.com/crowdllama/crowdllama, branch scoring-mechanism-poc, pkg/scoring/testhelpers.go at 2e04e7d, 2025-07-14).
 * It has no slots; four is the usual number of parallel requests of a desktop inference server.
 */
export const SEED_PROFILES = [
  {
    name: 'HighPerformance',
    tokensPerSecond: 150,
    slots: 4,
    gpuModel: 'RTX 4090',
    vramGb: 24,
    uptimeRatio: 0.98,
    rttMs: { min: 5, max: 20 },
    loadRatio: 0.3,
    failureRatio: 0.05
  },
  {
    name: 'LowLatency',
    tokensPerSecond: 80,
    slots: 4,
    gpuModel: 'RTX 3080',
    vramGb: 16,
    uptimeRatio: 0.95,
    rttMs: { min: 2, max: 10 },
    loadRatio: 0.2,
    failureRatio: 0.03
  },
  {
    name: 'Unreliable',
    tokensPerSecond: 40,
    slots: 4,
    gpuModel: 'GTX 1080',
    vramGb: 8,
    uptimeRatio: 0.75,
    rttMs: { min: 50, max: 200 },
    loadRatio: 0.6,
    failureRatio: 0.25
  },
  {
    name: 'Stable',
    tokensPerSecond: 90,
    slots: 4,
    gpuModel: 'RTX 3070',
    vramGb: 12,
    uptimeRatio: 0.999,
    rttMs: { min: 25, max: 40 },
    loadRatio: 0.4,
    failureRatio: 0.01
  },
  {
    name: 'LoadBalanced',
    tokensPerSecond: 110,
    slots: 4,
    gpuModel: 'RTX 4080',
    vramGb: 16,
    uptimeRatio: 0.96,
    rttMs: { min: 30, max: 50 },
    loadRatio: 0.1,
    failureRatio: 0.08
  }
] as const satisfies readonly PeerProfile[]
