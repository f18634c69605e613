import { PeerbanditError } from '../core/errors.ts'
import { show } from '../core/check.ts'
import type { PolicySnapshot } from './policy.ts'

/** What a snapshot must match before a policy takes it in. */
export interface SnapshotIdentity {
  readonly policy: string
  readonly version: number
  readonly arms: readonly string[]
}

/** @throws ERR_SNAPSHOT, always */
export function refuseSnapshot(policy: string, problem: string): never {
  throw new PeerbanditError('ERR_SNAPSHOT', `snapshot of policy "${policy}": ${problem}`)
}

/**
 * The state of a snapshot of the same kind, version and arms.
 * @throws ERR_SNAPSHOT
 */
export function checkSnapshot(snapshot: PolicySnapshot, { policy, version, arms }: SnapshotIdentity): { readonly arms: unknown } {
  if (snapshot.policy !== policy) refuseSnapshot(policy, `got one of ${show(snapshot.policy)}`)
  if (snapshot.version !== version) refuseSnapshot(policy, `got v${snapshot.version}, expected v${version}`)
  const state = snapshot.state as { readonly arms?: unknown } | null
  const got = Array.isArray(state?.arms) ? state.arms : []
  if (got.length !== arms.length || arms.some((arm, i) => arm !== got[i])) {
    refuseSnapshot(
      policy,
      `got arms [${got.join(', ')}], expected [${arms.join(', ')}]; start again with an empty state to change arms`
    )
  }
  return state as { readonly arms: unknown }
}
