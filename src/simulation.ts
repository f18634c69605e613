// A simulated GPU, for trying things out and for tests.
export { type BatchingEngine, batchingEngine } from './simulation/engine.ts'
export { type BatchingEngineOptions, capacityTokensPerSecond } from './simulation/engine-options.ts'
export { generateWorkload, jobOf, workloadClassOf } from './simulation/workload.ts'
export { readTrace, type TraceJob } from './simulation/trace.ts'
