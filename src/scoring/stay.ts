import type { Evidence } from '../peer/evidence.ts'
import { clampRatio } from './factor.ts'

const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 24 * MS_PER_HOUR
/** One point a day, at most this many: the proof of concept's README, not its code. */
export const MAX_LONGEVITY_POINTS = 20

/**
 * Departures an hour, as if an hour without any had gone before: one departure in the first minute is 1, not 60.
 * Never more than the plain rate.
 */
export function departureRate({ departuresPerHour, observedMs }: Evidence['sessions']): number {
  const rate = departuresPerHour * (observedMs / (observedMs + MS_PER_HOUR))
  return rate > 0 ? rate : 0
}

/** 1 for a peer that never leaves, ½ for one departure an hour, towards 0. */
export function stability(sessions: Evidence['sessions']): number {
  return 1 / (1 + departureRate(sessions))
}

/** Points for the days that a peer was known and connected: 0–20. */
export function longevityPoints({ knownForMs, sessions }: Evidence): number {
  return MAX_LONGEVITY_POINTS * clampRatio((knownForMs * (sessions.uptimeRatio ?? 0)) / (MAX_LONGEVITY_POINTS * MS_PER_DAY))
}
