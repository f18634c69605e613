// Training of the throughput model, on the fastest backend of TensorFlow.js that there is.
export { type OpenBackendOptions, openBackend } from './training/backend.ts'
export { type EncodedRows, encodeRows, selectRows } from './training/encoded-rows.ts'
export { predictWithTensors } from './training/tf-network.ts'
export { BACKENDS, type Backend, type BackendName } from './training/running-backend.ts'
export { type TrainedNetwork, train } from './training/trainer.ts'
export type { TrainingOptions, TrainingProgress } from './training/trainer-options.ts'
