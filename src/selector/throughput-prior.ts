import { parseModelName } from '../catalogue/model-name.ts'
import type { Claims } from '../peer/observation.ts'
import type { PacePrior } from '../prediction/pace-prior.ts'
import { onlineHead } from '../throughput/online-head.ts'
import type { ThroughputQuery } from '../throughput/query.ts'
import type { ThroughputModel } from '../throughput/throughput-model.ts'

const MS_PER_SECOND = 1000

/** Variance of the log pace of a peer around what its hardware does, for all that the name of its GPU does not say: a name is a word too. */
const NAME_VARIANCE = 0.3

/** What a peer says of its machine, as a question to the model; undefined where it names no GPU, or a model of unknown size. */
function queryOf({ gpuModel, vramGb, models, tokensPerSecond }: Claims): ThroughputQuery | undefined {
  const [model] = models
  if (gpuModel === '' || model === undefined || parseModelName(model).paramsB === undefined) return undefined
  return {
    gpu: gpuModel,
    claimedTokensPerSecond: tokensPerSecond,
    model,
    ...(vramGb > 0 && { vramGb })
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
      return { mean: Math.log(MS_PER_SECOND) - mean, variance: variance + NAME_VARIANCE }
    },
    learn(peer, claims, logPace, atMs) {
      const query = queryOf(claims)
      if (query !== undefined) head.update(peer, model.headInputs(query), MS_PER_SECOND / Math.exp(logPace), atMs)
    }
  }
}
