import type { ArmVote } from '../job/decision.ts'
import type { Agreement } from './comparison-types.ts'

/**
 * How often the given arms recommend the same peer, over decisions as they were logged.
 * @param arms the arms to compare, usually the weighted algorithms; decisions in which none of them voted are left out
 */
export function voteAgreement(decisions: Iterable<{ readonly votes: readonly ArmVote[] }>, arms: readonly string[]): Agreement {
  const compared = new Set(arms)
  let count = 0
  let unanimous = 0
  let distinctSum = 0
  for (const { votes } of decisions) {
    const distinct = new Set(votes.filter(({ arm }) => compared.has(arm)).map(({ peer }) => peer)).size
    if (distinct === 0) continue
    count += 1
    distinctSum += distinct
    if (distinct === 1) unanimous += 1
  }
  return {
    algorithms: compared.size,
    decisions: count,
    topShare: count > 0 ? unanimous / count : null,
    meanDistinct: count > 0 ? distinctSum / count : null
  }
}
