// The public surface, by name. Loading it loads neither libp2p nor LevelDB's native part nor TensorFlow.js:
// the network is behind 'peerbandit/libp2p', the simulated engine behind 'peerbandit/simulation'.
export { type Clock, manualClock, systemClock, type Timers } from './core/clock.ts'
export { type ErrorCode, isPeerbanditError, PeerbanditError } from './core/errors.ts'
export { pcg32, type Rng, seedFrom } from './core/rng.ts'

export type { ArmVote, Decision, ExclusionReason, OutcomeRecord, PeerId } from './job/decision.ts'
export type { Job, WorkloadClass } from './job/job.ts'
export { DEFAULT_OBJECTIVE, type Objective } from './job/objective.ts'
export type { Failure, FailureReason, LoadReport, Outcome, Success } from './job/outcome.ts'

export type { Evidence } from './peer/evidence.ts'
export type { Claims, Observation } from './peer/observation.ts'
export { type PeerTable, peerTable, type PeerTableOptions } from './peer/peer-table.ts'
export type { CandidateView, JobObserver, Ranker } from './peer/ranker.ts'

export type { Forecast } from './prediction/forecast.ts'
export { predictiveRanker } from './prediction/predictive.ts'
export { predictor } from './prediction/predictor.ts'
export type { Predictor, PredictorOptions } from './prediction/predictor-types.ts'

export {
  adaptiveCoverage,
  type AdaptiveCoverage,
  type AdaptiveCoverageOptions,
  type AdaptiveCoverageState
} from './throughput/adaptive-coverage.ts'
export { conformalOffset, conformityScore } from './throughput/calibration.ts'
export type { HeadInputs } from './throughput/head-features.ts'
export { type Load, loadOf } from './throughput/load.ts'
export type { Calibration, IntervalOffsets, ModelContent, ModelDocument } from './throughput/model-document.ts'
export { readModelDocument, writeModelDocument } from './throughput/model-file.ts'
export type { ModelRegistry, ServedModel } from './throughput/model-registry.ts'
export { type ModelStore, modelStore, type ServingModel, SHIPPED_MODELS, type StoredModel } from './throughput/model-store.ts'
export { onlineHead, type OnlineHead, type OnlineHeadOptions, type SpeedBelief } from './throughput/online-head.ts'
export type { ThroughputQuery } from './throughput/query.ts'
export {
  type ForecastCandidates,
  type LogBelief,
  type ThroughputModel,
  throughputModel,
  type ThroughputModelOptions,
  type ThroughputPrediction
} from './throughput/throughput-model.ts'

export { type Algorithm, ALGORITHMS, parseAlgorithms, withAlgorithms } from './scoring/algorithms.ts'
export { perTokenRanker } from './scoring/per-token.ts'
export { type AgreementMeter, agreementMeter } from './scoring/agreement.ts'
export {
  correctedQuality,
  type HostCapacity,
  type HostSample,
  type QualityOptions,
  type QualityWeights,
  SEED_WEIGHTS,
  seedQuality
} from './scoring/host-quality.ts'
export { PYRSIA, pyrsiaRanker, type ReportedMetrics, reportedMetrics } from './scoring/reported-metrics.ts'
export { type FactorScore, type Scoreboard, scoreboard } from './scoring/scoreboard.ts'

export { createPolicy, POLICY_NAMES, type PolicyName } from './bandit/policies.ts'
export type { ArmBelief, Credit, Policy, PolicyContext, PolicySnapshot } from './bandit/policy.ts'

export type { Journal, Retention, SnapshotRecord } from './journal/journal.ts'
export { type ExportedDecision, exportJsonl } from './journal/export.ts'
export { memoryJournal, openJournal, type OpenJournalOptions } from './journal/level-journal.ts'

export { type HealthGate, healthGate, type HealthOptions } from './health/health-gate.ts'

export { explain } from './selector/explain.ts'
export type { LearnedState, Restored } from './selector/learned-state.ts'
export type { JobResult, Lease } from './selector/lease.ts'
export type { PeerManager, PeerSummary, ScoredPeer } from './selector/peer-manager.ts'
export { createSelection, type Selection, type SelectionComponents, type SelectionOptions } from './selector/selection.ts'
export type { ThroughputPrior, ThroughputSnapshot, ThroughputStatus } from './selector/throughput-prior.ts'
export { type AcquireOptions, type Selector, selector, type SelectorEvent } from './selector/selector.ts'

export { type JobEvent, type JobRouter, jobRouter, type JobRouterOptions, type Prompt } from './router/job-router.ts'
export { EngineError, type Engine, type InferenceEvent, type InferenceRequest, type Transport } from './router/transport.ts'

export { designTopicScore, topicScoreParams } from './gossip/calculator.ts'
export { checkParamsAgainst, type ParamsCheck, type ParamsCheckOptions, type ParamsMiss } from './gossip/check-params.ts'
export {
  COUNTER_MOMENTS,
  counterAfter,
  type CounterMoment,
  DECAY_CONVENTIONS,
  type DecayConvention,
  decayFactor,
  ticksUntil
} from './gossip/decay.ts'
export { type GistSlip, gistSlips } from './gossip/gist-slips.ts'
export { GIST_PUBLISHED, gistDesign } from './gossip/gist.ts'
export {
  type ActivationCheck,
  activationCheck,
  chanceLoss,
  crossingShare,
  type DeliveryParams,
  longRunScore
} from './gossip/long-run.ts'
export { formatPreset, formatTopicParams, PARAMS_FORMATS, type ParamsFormat } from './gossip/output/output.ts'
export { lotusPreset, type LotusInputs } from './gossip/presets/lotus.ts'
export type { BeaconInputs, ScorePreset } from './gossip/presets/preset.ts'
export { SCORE_PRESETS, scorePreset, type ScorePresetName } from './gossip/presets/presets.ts'
export { readTopicScoreParams } from './gossip/read-params.ts'
export type { PeerScoreParams, PeerScoreThresholds, TopicScoreParams } from './gossip/score-params.ts'
export {
  type CounterDecay,
  type ResolvedDecay,
  type ResolvedTopicDesign,
  STEADY_STATES,
  type SteadyState,
  type TopicDesign
} from './gossip/topic-design.ts'
export type { CounterFigures, DesignWarning, TopicScoreDesign } from './gossip/topic-score-design.ts'
export { checkPeerScoreParams, checkPeerScoreThresholds, checkTopicScoreParams } from './gossip/validate.ts'
