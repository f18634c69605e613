import type { FleetParameters } from '../../workload/fit-fleet.ts'
import { quantileAt } from '../../workload/workload-parameters.ts'
import type { BehaviourSpec, PeerGroup, Scenario } from '../scenario.ts'
import { FLEET, part, PEERS, roundTripOf } from './fleet.ts'
import { scenarioOf } from './pool.ts'

/** Decoding reads the whole model for each token; this share of the memory's bandwidth is reached (median of 8B models at Q4). */
const BANDWIDTH_SHARE = 0.55

/** A model of 8 billion parameters at four bits, GB. */
const MODEL_GB = 4.9

/** Recorded sessions last hours and days; here a peer that is not always there comes and goes in two minutes. */
const CYCLE_MS = 120_000

/** A round trip stays for minutes; in the time of a run this share of the links gets from its median to its worst tenth. */
const DRIFTING_SHARE = 0.1

/** How many peers of each kind: those with the largest remainders are rounded up. */
function counts(shares: readonly number[], total: number): number[] {
  const exact = shares.map((share) => share * total)
  const whole = exact.map(Math.floor)
  const missing = total - whole.reduce((sum, count) => sum + count, 0)
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]))
  const roundedUp = new Set(byRemainder.slice(0, missing))
  return whole.map((count, i) => count + Number(roundedUp.has(i)))
}

function peers({ gpus, roundTrip, sessions }: FleetParameters): PeerGroup[] {
  const kinds = counts(
    gpus.map(({ share }) => share),
    PEERS
  ).flatMap((count, i) => Array.from({ length: count }, () => gpus[i]))
  return kinds.map(({ gpu, vramGb, bandwidthGbs }, peer) => {
    const tokensPerSecond = (BANDWIDTH_SHARE * bandwidthGbs) / MODEL_GB
    const uptimeRatio = quantileAt(sessions.uptimeRatio, part(peer, 13))
    const behaviours: BehaviourSpec[] = [
      ...(uptimeRatio < 1 ? [{ kind: 'churn', uptimeRatio, cycleMs: CYCLE_MS, shape: sessions.shape } as const] : []),
      ...(part(peer, 3) < DRIFTING_SHARE ? [{ kind: 'rtt-drift', factor: roundTrip.highRatio } as const] : [])
    ]
    return {
      name: `${gpu.replaceAll(' ', '-').toLowerCase()}-${peer + 1}`,
      tokensPerSecond,
      rttMs: roundTripOf(peer),
      claims: { tokensPerSecond, gpuModel: gpu, vramGb },
      behaviours
    }
  })
}

/** Parts that were recorded, joined by us: no public record has them together. */
export const COMPOSITE: readonly Scenario[] = [
  scenarioOf({
    name: 'p2p-composite',
    description: 'forty peers with the GPUs, distances, sessions and jobs of recorded sources; four routers',
    peers: peers(FLEET),
    routers: 4,
    probeIntervalMs: 5_000,
    utilisation: 0.6
  })
]
