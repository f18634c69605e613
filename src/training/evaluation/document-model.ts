import type { ModelContent, ModelDocument } from '../../throughput/model-document.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import { throughputModel } from '../../throughput/throughput-model.ts'
import type { FittedModel, LogPrediction } from './model.ts'

const MS_PER_S = 1000

/** As measured rows have it: of the peer, without the round trip. */
export function atPeer(query: ThroughputQuery): ThroughputQuery {
  return { ...query, rttMs: 0 }
}

/** A model of a file as evaluations ask for it. */
export function fittedDocument(document: ModelDocument): FittedModel {
  const model = throughputModel(document)
  return {
    predict: (queries) =>
      model.predict(queries.map(atPeer)).map(({ tpsP10, tpsP50, tpsP90, ttftMsP10, ttftMsP50, ttftMsP90 }): LogPrediction => ({
        speed: { q10: Math.log(tpsP10), q50: Math.log(tpsP50), q90: Math.log(tpsP90) },
        firstToken: {
          q10: Math.log(ttftMsP10 / MS_PER_S),
          q50: Math.log(ttftMsP50 / MS_PER_S),
          q90: Math.log(ttftMsP90 / MS_PER_S)
        }
      }))
  }
}

/** What training makes. */
type TrainedContent = Pick<ModelContent, 'weights'> & Partial<Pick<ModelContent, 'gpuEffects'>>

/** A network as it is before calibration, and before it has a file. */
export function fittedWeights({ weights, gpuEffects = {} }: TrainedContent): FittedModel {
  const none = { speed: 0, firstToken: 0 }
  const calibration = { familiar: none, unfamiliar: none }
  return fittedDocument({ weights, calibration, knownGpus: [], gpuEffects, card: {}, sha256: '' })
}
