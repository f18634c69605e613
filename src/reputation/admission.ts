import type { PeerId } from '../job/decision.ts'
import type { ResolvedOptions } from './options.ts'
import type { SummarySlots } from './slots.ts'
import { compareSummaries, type Summary } from './summary.ts'
import { TALLY_HALF_LIFE_MS } from './tally.ts'

/**
 * What becomes of a summary: taken; ignored, where whoever passed it on did nothing wrong; refused, where it should not have passed it on.
 */
export interface Admission {
  readonly verdict: 'taken' | 'ignored' | 'refused'
  readonly reason: 'newer' | 'own' | 'known' | 'late' | 'early' | 'no-room'
}

/** A slot that was not renewed for so long has next to nothing left to say, ms. */
const SPENT_MS = 6 * TALLY_HALF_LIFE_MS

/** Clocks differ and messages take their time: only who is off by twice what is allowed knew better. */
const CERTAIN = 2

/** Whether a summary came at its time; undefined where it did. */
export function timeliness(
  { atMs }: Summary,
  { freshnessMs, clockSkewMs }: ResolvedOptions,
  nowMs: number
): Admission | undefined {
  const ageMs = nowMs - atMs
  const oldestMs = freshnessMs + clockSkewMs
  if (ageMs > oldestMs) return { verdict: ageMs > CERTAIN * oldestMs ? 'refused' : 'ignored', reason: 'late' }
  if (-ageMs > clockSkewMs) return { verdict: -ageMs > CERTAIN * clockSkewMs ? 'refused' : 'ignored', reason: 'early' }
  return undefined
}

/** Whether a summary is older than the one in its slot, or the same. */
export function isKnown(slots: SummarySlots, summary: Summary): boolean {
  const before = slots.get(summary.router)
  return before !== undefined && compareSummaries(summary, before.summary) <= 0
}

/** Where the slots of strangers are. */
export interface Room {
  readonly slots: SummarySlots
  readonly friends: ReadonlySet<PeerId>
  readonly options: ResolvedOptions
}

/**
 * Makes room for a router: friends always have it; strangers while there are not too many of them, in all and in their group. Whoever has
 * a slot keeps it while it renews it, so that a crowd of new identities drives nobody out.
 */
export function makeRoom({ slots, friends, options }: Room, router: PeerId, group: string, nowMs: number): boolean {
  if (friends.has(router) || slots.get(router) !== undefined) return true
  const most = options.maxStrangers
  const mostOfGroup = Math.max(1, Math.floor(most * options.groupShare))
  let [count, ofGroup] = [0, 0]
  for (const [id, slot] of [...slots.entries()]) {
    if (friends.has(id)) continue
    if (nowMs - slot.summary.atMs > SPENT_MS) {
      slots.remove(id)
      continue
    }
    count += 1
    if (slot.group === group) ofGroup += 1
  }
  return count < most && ofGroup < mostOfGroup
}
