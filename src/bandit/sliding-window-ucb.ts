import { checkInteger } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { type ArmTally, indexPolicy, type IndexPolicyOptions, type IndexRule } from './index-policy.ts'
import type { Policy } from './policy.ts'

export interface SlidingWindowUcbOptions extends IndexPolicyOptions {
  /** How many of the newest decisions count, an integer ≥ 1. @default 1000 */
  readonly windowRounds?: number
}

/** One decision whose outcome is known. */
interface Round {
  readonly atMs: number
  /** Indices of the arms that were observed. */
  readonly arms: readonly number[]
  readonly reward: number
}

/**
 * X/N + B·√(ξ ln min(t, τ) / N) with B = 1 and ξ = ½, over the last τ rounds.
 * @param total min(t, τ)
 * @see Garivier and Moulines 2011, "On Upper-Confidence Bound Policies for Switching Bandit Problems", SW-UCB
 */
export function slidingWindowUcbIndex({ count, mean }: Pick<ArmTally, 'count' | 'mean'>, total: number): number {
  return count > 0 ? mean + Math.sqrt((0.5 * Math.log(total)) / count) : Infinity
}

/**
 * Sliding-window UCB for rewards that drift. The window holds the newest decisions by the time when they were made, so that late
 * outcomes fall into their place, and the windows of several routers into one.
 * @throws ERR_INVALID_OPTION
 */
export function slidingWindowUcb(
  arms: readonly string[],
  options: SlidingWindowUcbOptions,
  router: { readonly routerId: string }
): Policy {
  const windowRounds = checkInteger('windowRounds', options.windowRounds ?? 1000, { min: 1 })
  return indexPolicy(slidingWindowRule(arms.length, windowRounds), arms, options, router)
}

/** By time; what is simultaneous is put in some order, so that the order of arrival makes no difference. */
function compare(a: Round, b: Round): number {
  const left = a.arms.join()
  const right = b.arms.join()
  return a.atMs - b.atMs || a.reward - b.reward || Number(left > right) - Number(left < right)
}

/** Oldest first; an outcome mostly belongs near the end. */
function insert(rounds: Round[], round: Round): void {
  let at = rounds.length
  while (at > 0 && compare(rounds[at - 1], round) > 0) at -= 1
  rounds.splice(at, 0, round)
}

function slidingWindowRule(arms: number, windowRounds: number): IndexRule<Round[]> {
  const newest = (states: readonly (readonly Round[])[]) =>
    states.length === 1 ? states[0] : states.flat().sort(compare).slice(-windowRounds)

  return {
    id: 'sliding-window-ucb',
    codec: {
      empty: () => [],
      encode: (rounds) => [...rounds],
      decode: (data) => decodeRounds(data, arms).toSorted(compare).slice(-windowRounds)
    },
    index: slidingWindowUcbIndex,
    observe(rounds, observed, reward, atMs) {
      insert(rounds, { atMs, arms: observed, reward })
      if (rounds.length > windowRounds) rounds.shift()
    },
    tally(states) {
      const rounds = newest(states)
      const sums = Array.from({ length: arms }, () => ({ count: 0, sum: 0, squares: 0 }))
      for (const round of rounds) {
        for (const i of round.arms) {
          sums[i].count += 1
          sums[i].sum += round.reward
          sums[i].squares += round.reward ** 2
        }
      }
      return { total: rounds.length, arms: sums.map(tallyOf) }
    }
  }
}

function tallyOf({ count, sum, squares }: { readonly count: number; readonly sum: number; readonly squares: number }): ArmTally {
  if (count === 0) return { count, mean: 0, variance: 0 }
  const mean = sum / count
  return { count, mean, variance: Math.max(0, squares / count - mean ** 2) }
}

function decodeRounds(data: unknown, arms: number): Round[] {
  const isArm = (i: unknown) => Number.isInteger(i) && (i as number) >= 0 && (i as number) < arms
  const isRound = (entry: unknown) => {
    const round = entry as Partial<Round> | null
    return Number.isFinite(round?.atMs) && Number.isFinite(round?.reward) && Array.isArray(round?.arms) && round.arms.every(isArm)
  }
  if (Array.isArray(data) && data.every(isRound)) return data as Round[]
  throw new PeerbanditError('ERR_SNAPSHOT', 'a slot must hold rounds with a time, a reward and arms that exist')
}
