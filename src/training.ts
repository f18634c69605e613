// Training of the throughput model, on the fastest backend of TensorFlow.js that there is.
export { type OpenBackendOptions, openBackend } from './training/backend.ts'
export { keepTrained, type KeepTrainedComponents, type KeepTrainedOptions } from './training/background/keep-trained.ts'
export {
  backgroundRetraining,
  type Retraining,
  type RetrainingComponents,
  type RetrainingOptions,
  type RetrainingVerdict
} from './training/background/retraining.ts'
export { type DataFile, type ReadDataFile, readDataFiles } from './training/dataset/data-files.ts'
export { type EncodedRows, encodeRows, selectRows } from './training/encoded-rows.ts'
export { holdBackLatest } from './training/evaluation/hold-back.ts'
export type { FitOrigin } from './training/model-card.ts'
export { promoteModel, type PromotionOptions } from './training/promote-model.ts'
export type { Judgement } from './training/promotion.ts'
export { predictWithTensors } from './training/tf-network.ts'
export { BACKENDS, type Backend, type BackendName } from './training/running-backend.ts'
export { type FitProgress, fitThroughput, type ThroughputFit, type ThroughputFitOptions } from './training/throughput-fit.ts'
export { type TrainedNetwork, train } from './training/trainer.ts'
export type { TrainingOptions, TrainingProgress } from './training/trainer-options.ts'
