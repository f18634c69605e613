import { checkInteger, checkPositive, checkRatio, checkText } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'

/** How far other routers are listened to, and whether they are told anything. */
export interface ReputationOptions {
  /** Routers whose word counts for more than a stranger's, by libp2p peer id. @default [] */
  readonly friends?: readonly PeerId[]
  /** Whether own outcomes are told to others. @default true */
  readonly share?: boolean
  /** Most that all friends together count for in where a newcomer starts from, 0 ≤ share < 1. @default 0.8 */
  readonly friendShare?: number
  /** Most that all strangers together count for in it, 0 ≤ share < 1; 0 for none. @default 0.25 */
  readonly strangerShare?: number
  /** Most of the strangers' part that one of them, or one group of addresses, has; 0–1. @default 0.25 */
  readonly groupShare?: number
  /** Strangers that are listened to at all, ≥ 0. @default 256 */
  readonly maxStrangers?: number
  /** How old a summary may be on arrival, ms > 0. @default 90 s */
  readonly freshnessMs?: number
  /** By how much two clocks may differ, ms > 0. @default 30 s */
  readonly clockSkewMs?: number
}

export type ResolvedOptions = Required<ReputationOptions>

const DEFAULTS: ResolvedOptions = {
  friends: [],
  share: true,
  friendShare: 0.8,
  strangerShare: 0.25,
  groupShare: 0.25,
  maxStrangers: 256,
  freshnessMs: 90_000,
  clockSkewMs: 30_000
}

function checkShare(name: string, value: number): void {
  if (checkRatio(name, value) === 1) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${name} must be below 1, got 1: nobody is believed whatever this router expects`
    )
  }
}

/** @throws ERR_INVALID_OPTION */
export function resolveOptions(options: ReputationOptions): ResolvedOptions {
  const resolved = { ...DEFAULTS, ...options }
  for (const friend of resolved.friends) checkText('friends', friend)
  checkShare('friendShare', resolved.friendShare)
  checkShare('strangerShare', resolved.strangerShare)
  checkRatio('groupShare', resolved.groupShare)
  checkInteger('maxStrangers', resolved.maxStrangers, { max: 10_000 })
  checkPositive('freshnessMs', resolved.freshnessMs)
  checkPositive('clockSkewMs', resolved.clockSkewMs)
  return resolved
}
