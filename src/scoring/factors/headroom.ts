import { type Factor, NO_EVIDENCE } from '../factor.ts'
import { power } from '../go-arithmetic.ts'
import { occupancyOf } from '../occupancy.ts'

/** Room for another job: the cube of the free share, so that the first free slots are the ones that count. */
export const headroom: Factor = {
  id: 'headroom',
  /** Negative for a claimed load above 1. */
  seed: ({ resource }) => power(1 - resource.load, 3) * 100,
  corrected(evidence) {
    const occupancy = occupancyOf(evidence)
    if (occupancy === undefined) return NO_EVIDENCE
    return { score: 100 * (1 - occupancy.busyRatio) ** 3, maturity: occupancy.maturity }
  }
}
