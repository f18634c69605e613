import { checkInteger } from '../../core/check.ts'
import { pcg32, type Rng } from '../../core/rng.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { cardOf } from './card.ts'
import { conformalOffset, COVERED } from '../../throughput/calibration.ts'
import { type Figures, figuresOf, type Judged, scoresOf } from './figures.ts'
import { groupFolds } from './group-folds.ts'
import { type LogPrediction, type Target, TARGETS, type ThroughputModel } from './model.ts'

export interface CrossValidationOptions {
  /** ≥ 2. @default 5 */
  readonly folds?: number
  /** Random divisions into folds, ≥ 1. @default 1 */
  readonly repeats?: number
  /**
   * Folds of each training part, by which its intervals are calibrated: honest, and as many more fits. 0: by the other folds'
   * predictions, which were made by models that have seen this one. @default 5
   */
  readonly innerFolds?: number
  /** Of the divisions; the same for all models. @default 1n */
  readonly seed?: bigint
  /** What must not stand on both sides: `(_, i) => String(i)` for single rows. @default the card, see card.ts */
  readonly groupOf?: (row: MeasuredRow, index: number) => string
  /** Rows that models are judged by; others are only learned from, where their group is not held back. @default all */
  readonly isJudged?: (row: MeasuredRow) => boolean
  /** Rows that have figures of their own beside those of all, by what the part is called. @default none */
  readonly parts?: Readonly<Record<string, (row: MeasuredRow) => boolean>>
  /** Called before each fit. */
  readonly onFit?: (model: string, done: number, total: number) => void
}

const DEFAULTS = { folds: 5, repeats: 1, innerFolds: 5, seed: 1n, parts: {} }

/** Of one division: all its rows together, and fold by fold; undefined where a model said nothing. */
export interface DivisionFigures {
  readonly pooled: Figures | undefined
  readonly byFold: readonly (Figures | undefined)[]
  /** What they are of. */
  readonly judged: readonly Judged[]
  readonly parts: Readonly<Record<string, Figures | undefined>>
}

export interface ModelFigures {
  readonly name: string
  /** Of each division. */
  readonly targets: Readonly<Record<Target, readonly DivisionFigures[]>>
}

interface Member {
  readonly row: MeasuredRow
  readonly group: string
  readonly judged: boolean
}

type Folds = ReadonlyMap<string, number>

/** What a member's model said of it. */
interface Predicted {
  readonly member: Member
  readonly fold: number
  readonly prediction: LogPrediction
}

/** Fits without each fold, and lets the fit predict the fold. */
class Trials {
  readonly #model: ThroughputModel
  readonly #fitted: () => void

  constructor(model: ThroughputModel, fitted: () => void) {
    this.#model = model
    this.#fitted = fitted
  }

  async outOfFold(members: readonly Member[], folds: Folds, fold: number): Promise<Predicted[]> {
    const training = members.filter(({ group }) => folds.get(group) !== fold)
    const held = members.filter(({ group, judged }) => judged && folds.get(group) === fold)
    this.#fitted()
    const fit = await this.#model.fit(training.map(({ row }) => row))
    const predictions = fit.predict(held.map(({ row }) => row.query))
    return held.map((member, i) => ({ member, fold, prediction: predictions[i] }))
  }

  async all(members: readonly Member[], folds: Folds): Promise<Predicted[]> {
    const predicted: Predicted[] = []
    for (const fold of new Set([...folds.values()].sort((a, b) => a - b))) {
      predicted.push(...(await this.outOfFold(members, folds, fold)))
    }
    return predicted
  }
}

function judgedGroups(members: readonly Member[]): string[] {
  return members.filter(({ judged }) => judged).map(({ group }) => group)
}

function offsetOf(predicted: readonly Predicted[], target: Target): number {
  return conformalOffset(
    scoresOf(
      predicted.map(({ member, prediction }) => ({ row: member.row, predicted: prediction[target] })),
      target
    ),
    COVERED
  )
}

/** What the calibration of each fold may see: nothing of the fold. */
async function calibrationSets(trials: Trials, members: readonly Member[], division: Division): Promise<readonly Predicted[][]> {
  const { folds, count, innerFolds, predicted, rng } = division
  const sets: Predicted[][] = []
  for (let fold = 0; fold < count; fold++) {
    if (innerFolds === 0) {
      sets.push(predicted.filter((each) => each.fold !== fold))
      continue
    }
    const training = members.filter(({ group }) => folds.get(group) !== fold)
    sets.push(await trials.all(training, groupFolds(judgedGroups(training), { folds: innerFolds, rng })))
  }
  return sets
}

interface Division {
  readonly folds: Folds
  readonly count: number
  readonly innerFolds: number
  readonly predicted: readonly Predicted[]
  readonly parts: Readonly<Record<string, (row: MeasuredRow) => boolean>>
  readonly rng: Rng
}

function figuresOfDivision({ predicted, count, parts }: Division, sets: readonly Predicted[][], target: Target): DivisionFigures {
  const offsets = sets.map((set) => offsetOf(set, target))
  const judged = predicted.map(({ member, fold, prediction }): Judged => {
    return { row: member.row, predicted: prediction[target], offset: offsets[fold] }
  })
  // Pools are the same for all models that say something of all rows.
  const figures = (of: readonly Judged[]) => figuresOf(of, target, pcg32(1))
  return {
    pooled: figures(judged),
    byFold: Array.from({ length: count }, (_, fold) => figures(judged.filter((_, i) => predicted[i].fold === fold))),
    judged,
    parts: Object.fromEntries(Object.entries(parts).map(([part, isIn]) => [part, figures(judged.filter(({ row }) => isIn(row)))]))
  }
}

function membersOf(rows: readonly MeasuredRow[], options: CrossValidationOptions): Member[] {
  const { groupOf = ({ query }: MeasuredRow) => cardOf(query), isJudged = () => true } = options
  return rows.map((row, i) => ({ row, group: groupOf(row, i), judged: isJudged(row) }))
}

/**
 * How models do on groups that they have not learned from: each fold is predicted by a model that was fitted without any row of its
 * groups, and its intervals are calibrated without them too. All models get the same divisions.
 * @throws ERR_INVALID_OPTION for fewer groups than folds
 */
export async function crossValidate(
  rows: readonly MeasuredRow[],
  models: readonly ThroughputModel[],
  options: CrossValidationOptions = {}
): Promise<ModelFigures[]> {
  const { folds: count, repeats, innerFolds, seed, parts } = { ...DEFAULTS, ...options }
  checkInteger('repeats', repeats, { min: 1 })
  if (innerFolds !== 0) checkInteger('innerFolds', innerFolds, { min: 2 })
  const members = membersOf(rows, options)
  const total = models.length * repeats * count * (1 + innerFolds)
  let done = 0
  const results: ModelFigures[] = []
  for (const model of models) {
    const trials = new Trials(model, () => options.onFit?.(model.name, done++, total))
    const targets: Record<Target, DivisionFigures[]> = { speed: [], firstToken: [] }
    for (let repeat = 0; repeat < repeats; repeat++) {
      const rng = pcg32(seed, repeat)
      const folds = groupFolds(judgedGroups(members), { folds: count, rng })
      const predicted = await trials.all(members, folds)
      const division = { folds, count, innerFolds, predicted, parts, rng }
      const sets = await calibrationSets(trials, members, division)
      for (const target of TARGETS) targets[target].push(figuresOfDivision(division, sets, target))
    }
    results.push({ name: model.name, targets })
  }
  return results
}
