import { rival, rouletteScore, scoreEach } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

/**
 * A roulette on successes + 1. Nothing is ever forgotten.
 *
 * Departure: a success is a job done, where Bitswap counts who was first to deliver a block that it had asked several for.
 */
export const bitswap = rival(
  {
    id: 'bitswap',
    title: 'Bitswap peer response tracker',
    source: 'ipfs/boxo, bitswap/client/internal/session/peerresponsetracker.go at 7b63df4'
  },
  ({ table, rng }) => {
    const counts = peerStates(table, () => ({ successes: 0 }))
    onOutcome(table, (peer, { outcome }) => {
      if (outcome.ok) counts.of(peer).successes += 1
    })
    return scoreEach((row) => rouletteScore(rng, (counts.find(table.peerAt(row))?.successes ?? 0) + 1))
  }
)
