import type { KnownOfPeer } from '../job/decision.ts'
import type { Evidence } from '../peer/evidence.ts'

/** Claims are 0 where a peer does not say. */
function said(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}

function claimed({ claims }: Evidence): Partial<KnownOfPeer> {
  return {
    gpu: claims === undefined || claims.gpuModel === '' ? undefined : claims.gpuModel,
    vramGb: said(claims?.vramGb),
    claimedTokensPerSecond: said(claims?.tokensPerSecond)
  }
}

/** What a decision writes down of the peer that it chose. */
export function knownOfPeer(evidence: Evidence): KnownOfPeer {
  const { roundTrip, sessions, load, outcomes } = evidence
  const known: KnownOfPeer = {
    ...claimed(evidence),
    rttMs: roundTrip.meanMs,
    jitterMs: roundTrip.jitterMs,
    uptimeRatio: sessions.uptimeRatio,
    slots: load?.slots,
    running: load?.running,
    queued: load?.queued,
    cpuRatio: load?.cpuRatio,
    outcomes: outcomes.count,
    seenTokensPerSecond: outcomes.tokensPerSecond
  }
  // As it comes back from the journal: what is missing is not there.
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as unknown as KnownOfPeer
}
