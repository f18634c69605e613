import type { Claims } from '../peer/observation.ts'
import type { PacePrior } from '../prediction/pace-prior.ts'
import { onlineHead } from '../throughput/online-head.ts'
import type { ThroughputQuery } from '../throughput/query.ts'
import type { ThroughputModel } from '../throughput/throughput-model.ts'

const MS_PER_SECOND = 1000

/** What a peer says of its machine, as a question to the model; undefined where it names no GPU. */
function queryOf({ gpuModel, vramGb, models, tokensPerSecond }: Claims): ThroughputQuery | undefined {
  if (gpuModel === '') return undefined
  const [model] = models
  return {
    gpu: gpuModel,
    claimedTokensPerSecond: tokensPerSecond,
    ...(vramGb > 0 && { vramGb }),
    ...(model !== undefined && { model })
  }
}

/**
 * Where newcomers start from: what the throughput model expects of their hardware, corrected by what this deployment has seen of machines
 * like theirs. Each peer's pace, once it is known, teaches the model's head.
 */
export function throughputPrior(model: ThroughputModel): PacePrior {
  const { weights, sha256 } = model.document
  const head = onlineHead({ hidden: weights.hidden, id: sha256 })
  return {
    expected(peer, claims, atMs) {
      const query = queryOf(claims)
      if (query === undefined) return undefined
      const { mean, variance } = head.predict(peer, model.headInputs(query), atMs)
      return { mean: Math.log(MS_PER_SECOND) - mean, variance }
    },
    learn(peer, claims, logPace, atMs) {
      const query = queryOf(claims)
      if (query !== undefined) head.update(peer, model.headInputs(query), MS_PER_SECOND / Math.exp(logPace), atMs)
    }
  }
}
