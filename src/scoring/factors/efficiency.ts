import { clampScore, type Factor, NO_EVIDENCE } from '../factor.ts'
import { speedOf } from '../speed.ts'

/** Points for each token/s that a GB of GPU memory yields: 10 tokens/s a GB is full marks. */
const POINTS_PER_TOKEN_PER_SECOND_PER_GB = 10

/** Speed for its cost, with GPU memory as the cost. The memory is the peer's word; there is no way to observe it. */
export const efficiency: Factor = {
  id: 'efficiency',
  seed: ({ resource }) => Math.min((resource.tokensThroughput / Math.max(resource.vramGb, 1)) * 10, 100),
  corrected(evidence) {
    const speed = speedOf(evidence)
    const vramGb = evidence.claims?.vramGb ?? 0
    if (speed === undefined || !(vramGb > 0)) return NO_EVIDENCE
    const yieldPerGb = speed.tokensPerSecond / Math.max(1, vramGb)
    return { score: clampScore(POINTS_PER_TOKEN_PER_SECOND_PER_GB * yieldPerGb), maturity: speed.maturity }
  }
}
