import type { Claims } from '../../peer/observation.ts'
import type { CandidateView } from '../../peer/ranker.ts'
import { rival, scoreEach } from './rule.ts'

function claimsOf({ table, atMs }: CandidateView, row: number): Claims | undefined {
  return table.evidence(row, atMs).claims
}

/**
 * The highest claimed speed / (1 + claimed load), from metadata as old as it is; nothing that the router saw itself. Equals are taken at
 * random, there by the order of a Go map, here by the ballot: CrowdLlama's own workers all claim the same.
 *
 * Departure: where nobody claims any speed CrowdLlama has no worker and fails the request; here all are equal then.
 */
export const crowdllamaMain = rival(
  {
    id: 'crowdllama-main',
    title: 'CrowdLlama, main branch',
    source: 'crowdllama/crowdllama, pkg/peermanager/manager.go (FindBestWorker) at 36d3409'
  },
  () =>
    scoreEach((row, view) => {
      const claims = claimsOf(view, row)
      return claims === undefined ? 0 : claims.tokensPerSecond / (1 + claims.loadRatio)
    })
)

/** A peer that claims no speed is taken to have this one, tokens/s. */
const LEAST_TOKENS_PER_SECOND = 1

/** The lowest (n + 1) / claimed speed, n own jobs in flight. */
export const sedClaimed = rival(
  {
    id: 'sed-claimed',
    title: 'Shortest expected delay on claimed speed',
    source: 'Linux Virtual Server, net/netfilter/ipvs/ip_vs_sed.c: (active + 1) / weight, the claimed speed as the weight'
  },
  ({ table }) =>
    scoreEach((row, view) => {
      const claimed = Math.max(LEAST_TOKENS_PER_SECOND, claimsOf(view, row)?.tokensPerSecond ?? 0)
      return -(table.inFlight(row) + 1) / claimed
    })
)
