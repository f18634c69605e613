import type { LiveStatus } from '../../src/demo/live-status.ts'

export function statusExample(changes: Partial<LiveStatus> = {}): LiveStatus {
  return {
    elapsedMs: 130_400,
    totalJobs: 1500,
    sides: {
      adaptive: { done: 612, inFlight: 14, failed: 1, meanMs: 2104, p95Ms: 5312, tokensPerSecond: 1321.4 },
      static: { done: 600, inFlight: 28, failed: 0, meanMs: 3422, p95Ms: 9800, tokensPerSecond: 1170 }
    },
    arms: [
      { arm: 'standard', share: 0.125, belief: 0.64 },
      { arm: 'predicted-completion', share: 0.625, belief: 0.712 },
      { arm: 'per-token', share: 0.25, belief: null }
    ],
    peers: [
      {
        name: 'falcon',
        connected: true,
        inFlight: 3,
        load: '2/4 +1',
        shareAdaptive: 0.5,
        shareStatic: 0.25,
        observedTokensPerSecond: 118,
        claimedTokensPerSecond: 120
      },
      {
        name: 'magpie',
        connected: false,
        inFlight: 0,
        load: '',
        shareAdaptive: 0,
        shareStatic: 0.75,
        observedTokensPerSecond: null,
        claimedTokensPerSecond: 240
      }
    ],
    incidents: [
      { atMs: 20_000, text: 'first' },
      { atMs: 60_000, text: 'heron throttled' },
      { atMs: 100_000, text: 'heron back to full speed' },
      { atMs: 125_000, text: 'magpie left' }
    ],
    ...changes
  }
}
