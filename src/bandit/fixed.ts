import { PeerbanditError } from '../core/errors.ts'
import type { Policy } from './policy.ts'

const VERSION = 1

/**
 * Always the same arm: static weights, the side that an adaptive policy is compared with.
 * @throws ERR_INVALID_OPTION for an arm that is not among the arms
 */
export function fixedArm(arms: readonly string[], arm: string): Policy {
  const index = arms.indexOf(arm)
  if (index < 0) throw new PeerbanditError('ERR_INVALID_OPTION', `the fixed arm must be one of ${arms.join(', ')}, got "${arm}"`)
  const id = `fixed:${arm}`
  return {
    id,
    arms,
    propensities(_context, into) {
      into.fill(0, 0, arms.length)
      into[index] = 1
    },
    learn() {
      // Nothing that happens changes it.
    },
    beliefs: ({ workloadClass }) =>
      arms.map((name) => ({ arm: name, workloadClass, mean: undefined, weight: 0, spread: Infinity })),
    snapshot: () => ({ policy: id, version: VERSION, state: null }),
    merge(snapshot) {
      if (snapshot.policy !== id || snapshot.version !== VERSION) {
        throw new PeerbanditError(
          'ERR_SNAPSHOT',
          `got a snapshot of ${snapshot.policy} v${snapshot.version}, expected ${id} v${VERSION}`
        )
      }
    }
  }
}
