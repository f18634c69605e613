import type { Decision } from '../job/decision.ts'

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 0)} %`
}

/** Why this peer: a few lines for a person, from the record alone, so that a journalled decision can be explained years later. */
export function explain(decision: Decision, nameOf: (peer: string) => string = (peer) => peer): string[] {
  const { arm, peer, votes, excluded } = decision
  const agreeing = votes.filter((vote) => vote.peer === peer)
  const others = [...new Set(votes.map((vote) => vote.peer))].filter((other) => other !== peer)
  const lines = [
    `${nameOf(peer)} was chosen by "${arm}" under policy "${decision.policy}", which follows that arm ${percent(decision.armPropensity)} of the time for ${decision.workloadClass} jobs.`,
    `${agreeing.length} of ${votes.length} arms ranked it first (${agreeing.map((vote) => vote.arm).join(', ')}); any of them leads here, so this peer had a chance of ${percent(decision.peerPropensity)}.`,
    `Expected reward ${agreeing[0]?.expectedReward.toFixed(2) ?? '–'} of 1, among ${decision.candidateCount} eligible peers.`
  ]
  for (const other of others) {
    const backers = votes.filter((vote) => vote.peer === other)
    const chance = backers.reduce((sum, vote) => sum + vote.propensity, 0)
    lines.push(
      `Instead, with ${percent(chance)}: ${nameOf(other)} (${backers.map((vote) => vote.arm).join(', ')}), expected reward ${backers[0].expectedReward.toFixed(2)}.`
    )
  }
  const reasons = Object.entries(excluded).map(([reason, count]) => `${count} ${reason}`)
  if (reasons.length > 0) lines.push(`Not eligible: ${reasons.join(', ')}.`)
  return lines
}
