import { setImmediate } from 'node:timers/promises'
import { pcg32 } from '../core/rng.ts'
import { conformalOffset, COVERED } from '../throughput/calibration.ts'
import { machineOf } from '../throughput/machine.ts'
import type { MeasuredRow } from '../throughput/measured-row.ts'
import type { Calibration, IntervalOffsets, ModelContent } from '../throughput/model-document.ts'
import { baselines } from './baselines/baselines.ts'
import { checkEnoughRows } from './enough-rows.ts'
import { crossValidate, type ModelFigures } from './evaluation/cross-validate.ts'
import { fittedWeights } from './evaluation/document-model.ts'
import { scoresOf } from './evaluation/figures.ts'
import { type SourceSplit, sourceSplits } from './evaluation/source-splits.ts'
import type { Target, ThroughputModel } from './evaluation/model.ts'
import { gpuEffectsOf } from './gpu-effects.ts'
import { cardOfFit, type FitCard, type FitOrigin } from './model-card.ts'
import { NEURAL_NAME, neuralModel, type NeuralModelOptions, trainNetwork } from './neural-model.ts'
import type { Backend } from './running-backend.ts'
import { unfamiliarOffsets } from './source-effect.ts'
import type { TrainedNetwork } from './trainer.ts'
import type { TrainingOptions } from './trainer-options.ts'

/** How far a fit is. */
export interface FitProgress {
  /** Fits without a source or a fold each, the baselines, and the fit to all rows. */
  readonly phase: 'folds' | 'baselines' | 'all rows'
  /** Of the network's fits, from 1; of the baselines', in their phase. */
  readonly fit: number
  readonly fits: number
  /** Of the network's running fit. */
  readonly epoch?: number
  readonly epochs?: number
  readonly loss?: number
}

export interface ThroughputFitOptions {
  /** Equal seeds and rows make an equal model, but for rounding between backends. @default 1n */
  readonly seed?: bigint
  /** Of cards, ≥ 2. @default 5 */
  readonly folds?: number
  /** Source of the rows that judge and calibrate what is familiar; others are only learned from. @default all */
  readonly judge?: string
  /** What the figures put the model beside. @default all baselines */
  readonly beside?: readonly ThroughputModel[]
  /** The trainer's. */
  readonly training?: Omit<TrainingOptions, 'rng' | 'onEpoch' | 'signal'>
  readonly onProgress?: (progress: FitProgress) => void
  /** Fitting rejects with its reason. */
  readonly signal?: AbortSignal
}

const DEFAULTS = { seed: 1n, folds: 5, training: {} }

/** Sources of the rows, each held back once. */
interface WithSplits {
  readonly splits: readonly SourceSplit[]
}

type Resolved = ThroughputFitOptions & Required<Pick<ThroughputFitOptions, keyof typeof DEFAULTS>> & WithSplits

export interface ThroughputFit {
  readonly content: ModelContent & { readonly card: FitCard }
  /** Of the network, which comes first, and of the baselines, on cards that they have not learned from. */
  readonly figures: readonly ModelFigures[]
  /** The objective of every epoch of the last fit. */
  readonly history: readonly number[]
  /** The same of the fits without a fold each. */
  readonly foldHistories: readonly (readonly number[])[]
}

/** Streams of the seed; divisions into folds take those from 0. */
const FIT_STREAM = 1_000

/** The network's options, and who is told how far it is. */
function networkOptions({ seed, folds, splits, training, onProgress, signal }: Resolved): NeuralModelOptions {
  const fits = splits.length + folds + 1
  let fit = 0
  return {
    ...training,
    ...(signal !== undefined && { signal }),
    rng: () => pcg32(seed, FIT_STREAM),
    onFit: () => fit++,
    onEpoch: (progress) => onProgress?.({ phase: fit === fits ? 'all rows' : 'folds', fit, fits, ...progress })
  }
}

/** Baselines compute without a pause; between them a signal comes through. */
function interruptible(model: ThroughputModel, signal?: AbortSignal): ThroughputModel {
  return {
    name: model.name,
    async fit(rows) {
      await setImmediate()
      signal?.throwIfAborted()
      return model.fit(rows)
    }
  }
}

/** What to widen by; nothing where there are too few rows to say. */
function offsetOf({ targets }: ModelFigures, target: Target): number {
  const offset = conformalOffset(scoresOf(targets[target][0].judged, target), COVERED)
  return Number.isFinite(offset) ? offset : 0
}

/** Fits without each fold: figures of the network, which comes first, and of the baselines. */
async function validate(rows: readonly MeasuredRow[], backend: Backend, options: Resolved, network: NeuralModelOptions) {
  const { folds, seed, judge, signal, onProgress, beside = baselines() } = options
  const foldHistories: (readonly number[])[] = []
  const remembering = { ...network, onTrained: ({ history }: TrainedNetwork) => foldHistories.push(history) }
  const isJudged = ({ source }: MeasuredRow) => judge === undefined || source === judge
  const others = beside.map((model) => interruptible(model, signal))
  const figures = await crossValidate(rows, [neuralModel(backend, remembering), ...others], {
    folds,
    seed,
    // The network would have to be fitted six times as often.
    innerFolds: 0,
    isJudged,
    onFit: (model, done) => {
      if (model !== NEURAL_NAME) onProgress?.({ phase: 'baselines', fit: done + 1 - folds, fits: others.length * folds })
    }
  })
  return { figures, foldHistories }
}

/** By their names in the catalogue. */
function gpusOf(rows: readonly MeasuredRow[]): string[] {
  return [...new Set(rows.flatMap(({ query }) => machineOf(query).gpu?.name ?? []))].sort()
}

/**
 * From measured rows to a model that can serve: fits without each fifth of the cards calibrate its intervals and say how good it is
 * beside the baselines, fits without each source how far it is off where somebody else measures; the model is then fitted to all rows.
 * @param origin for the model's card
 * @throws ERR_DATASET for too few rows, saying how many are needed; ERR_INVALID_OPTION; the signal's reason
 * @see Romano, Patterson and Candès 2019, "Conformalized Quantile Regression"
 */
export async function fitThroughput(
  rows: readonly MeasuredRow[],
  backend: Backend,
  origin: FitOrigin,
  options: ThroughputFitOptions = {}
): Promise<ThroughputFit> {
  const resolved = { ...DEFAULTS, ...options, splits: sourceSplits(rows) }
  const { judge, seed, folds, training } = resolved
  checkEnoughRows(judge === undefined ? rows : rows.filter(({ source }) => source === judge))
  const network = networkOptions(resolved)
  const { figures, foldHistories } = await validate(rows, backend, resolved, network)
  const familiar: IntervalOffsets = { speed: offsetOf(figures[0], 'speed'), firstToken: offsetOf(figures[0], 'firstToken') }
  const unfamiliar = await unfamiliarOffsets(resolved.splits, neuralModel(backend, network), familiar)
  const calibration: Calibration = { familiar, unfamiliar }
  const { weights, history } = await trainNetwork(backend, rows, network)
  const settings = { seed: String(seed), folds, judge: judge ?? 'all', backend: backend.name, ...training }
  const gpuEffects = gpuEffectsOf(rows, fittedWeights({ weights }))
  const content = {
    weights,
    calibration,
    knownGpus: gpusOf(rows),
    gpuEffects,
    card: cardOfFit(rows, figures, { origin, settings })
  }
  return { content, figures, history, foldHistories }
}
