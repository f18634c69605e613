import { PeerbanditError } from '../core/errors.ts'

/**
 * How a decay time becomes the factor of one decay interval, where the time is N intervals.
 * - `one-part-in-n`: 1 − 1/N. N is the time constant: 37 % is left after it (the gist of seed 001).
 * - `decay-to-zero`: decayToZero^(1/N). What is left after N is `decayToZero` (`ScoreParameterDecay` of go-libp2p-pubsub).
 */
export const DECAY_CONVENTIONS = ['one-part-in-n', 'decay-to-zero'] as const
export type DecayConvention = (typeof DECAY_CONVENTIONS)[number]

/** When a counter is looked at: just before it decays, with all deliveries of the interval in it, or just after. */
export const COUNTER_MOMENTS = ['before-decay', 'after-decay'] as const
export type CounterMoment = (typeof COUNTER_MOMENTS)[number]

/**
 * The factor of one decay interval.
 * @param ticks decay intervals in the decay time; more than 1 for `one-part-in-n`, more than 0 for `decay-to-zero`
 * @param decayToZero 0–1, both excluded
 * @throws ERR_INVALID_OPTION where no factor between 0 and 1 comes out
 */
export function decayFactor(convention: DecayConvention, ticks: number, decayToZero: number): number {
  const factor = convention === 'one-part-in-n' ? 1 - 1 / ticks : Math.pow(decayToZero, 1 / ticks)
  if (!(ticks > 0 && factor > 0 && factor < 1)) {
    const least = convention === 'one-part-in-n' ? 'more than one' : 'at least one'
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `a decay time must be ${least} decay interval and no more than 10^15 of them, got ${ticks} intervals`
    )
  }
  return factor
}

/** Σ decayⁿ for n from 0 to terms − 1; 1/(1 − decay) for infinitely many. Exact also where the decay is near 1. */
export function geometricSum(decay: number, terms: number): number {
  return -Math.expm1(terms * Math.log(decay)) / (1 - decay)
}

/** Intervals until a counter that nothing is added to is down to a share of what it was. */
export function ticksUntil(decay: number, share: number): number {
  return Math.log(share) / Math.log(decay)
}

/**
 * A counter that starts at 0 and gets `perTick` in every interval, after so many intervals.
 * @param ticks Infinity for the steady state
 */
export function counterAfter(decay: number, perTick: number, ticks: number, moment: CounterMoment = 'before-decay'): number {
  const before = perTick * geometricSum(decay, ticks)
  return moment === 'before-decay' ? before : decay * before
}
