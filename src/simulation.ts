// A simulated GPU, for trying things out and for tests.
export { type BatchingEngine, batchingEngine } from './simulation/engine/engine.ts'
export { type BatchingEngineOptions, capacityTokensPerSecond } from './simulation/engine/engine-options.ts'
export { generateWorkload, jobOf, workloadClassOf } from './simulation/workload/workload.ts'
export { readTrace, type TraceJob } from './simulation/workload/trace.ts'
export { crowdllamaMain } from './simulation/rivals/claimed-speed.ts'
export type { Rival } from './simulation/rivals/rival.ts'
