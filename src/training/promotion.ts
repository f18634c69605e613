import { pcg32 } from '../core/rng.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { MeasuredRow } from '../throughput/measured-row.ts'
import type { ModelDocument } from '../throughput/model-document.ts'
import { baselines } from './baselines/baselines.ts'
import { judgedAsServed } from './evaluation/as-served.ts'
import { type Figures, figuresOf, type Judged } from './evaluation/figures.ts'
import type { Split } from './evaluation/group-folds.ts'
import type { FittedModel } from './evaluation/model.ts'

/** A model by its name. */
export interface NamedModel {
  readonly name: string
  readonly document: ModelDocument
}

/** How good a model, or a baseline, predicts the speed of rows that were held back. */
export interface Judgement {
  readonly name: string
  readonly kind: 'model' | 'baseline'
  readonly figures: Figures
  /** Of the first model, on those rows of which this one could say something. */
  readonly candidate: Figures
}

/** Fewer say little of who is better. */
const LEAST_HELD_ROWS = 20

function judgedBy(fitted: FittedModel, rows: readonly MeasuredRow[]): Judged[] {
  const predictions = fitted.predict(rows.map(({ query }) => query))
  return rows.map((row, i) => ({ row, predicted: predictions[i].speed, offset: 0 }))
}

function figures(judged: readonly Judged[]): Figures | undefined {
  return figuresOf(judged, 'speed', pcg32(1))
}

/** Undefined where it says nothing of any row. */
function judgementOf(
  of: Pick<Judgement, 'name' | 'kind'>,
  own: readonly Judged[],
  first: readonly Judged[]
): Judgement | undefined {
  const answered = own.map(({ predicted }) => predicted !== undefined)
  const mine = figures(own)
  const candidate = figures(first.filter((_, i) => answered[i]))
  return mine === undefined || candidate === undefined ? undefined : { ...of, figures: mine, candidate }
}

/** Those of the held-back rows that judge. @throws ERR_DATASET for fewer than 20 with a speed */
export function judgingRows(held: readonly MeasuredRow[]): readonly MeasuredRow[] {
  const rows = held.filter(({ tokensPerSecond }) => tokensPerSecond !== undefined)
  if (rows.length >= LEAST_HELD_ROWS) return rows
  const needed = `a comparison needs at least ${LEAST_HELD_ROWS} held-back rows with tokens_per_second`
  throw new PeerbanditError('ERR_DATASET', `${needed}, got ${rows.length}`)
}

/**
 * Models as they serve, with what their heads learn of each peer, and the baselines fitted to the rows that were not held back, on those
 * that were.
 * @param models at least one; the first is the candidate
 * @throws ERR_DATASET for fewer than 20 held-back rows with a speed
 */
export async function judgeModels(models: readonly NamedModel[], { training, held }: Split<MeasuredRow>): Promise<Judgement[]> {
  const rows = judgingRows(held)
  const byModel = models.map(({ name, document }) => ({ name, judged: judgedAsServed(document, { training, held: rows }) }))
  const [{ judged: first }] = byModel
  const judgements = byModel.map(({ name, judged }) => judgementOf({ name, kind: 'model' }, judged, first))
  if (training.length > 0) {
    for (const model of baselines()) {
      const fitted = await model.fit(training)
      judgements.push(judgementOf({ name: model.name, kind: 'baseline' }, judgedBy(fitted, rows), first))
    }
  }
  return judgements.filter((judgement) => judgement !== undefined)
}

/**
 * The loss of a model, whose intervals are part of what it says: pinball, mean over three quantiles. Baselines predict one number, so that
 * both sides are held to theirs: pinball of the median, half the mean absolute error. Both of ln tokens/s.
 */
function lossesOf({ kind, figures, candidate }: Judgement): { readonly own: number; readonly candidate: number } {
  const loss = (of: Figures) => (kind === 'model' ? of.logPinball : of.logMae / 2)
  return { own: loss(figures), candidate: loss(candidate) }
}

/** A sentence with both losses: "0.041 against 0.052 of default". */
function lossText(judgement: Judgement): string {
  const { own, candidate } = lossesOf(judgement)
  return `${candidate.toFixed(4)} against ${own.toFixed(4)} of ${judgement.name}`
}

/** Whether a candidate may serve. */
interface Verdict {
  readonly better: boolean
  /** The losses that decide, in words. */
  readonly why: string
}

/** Better than all others that were judged beside it. @param judgements of {@link judgeModels}; the first is the candidate's own */
export function verdictOf(judgements: readonly Judgement[]): Verdict {
  const others = judgements.slice(1)
  const worse = others.filter((judgement) => {
    const { own, candidate } = lossesOf(judgement)
    return !(candidate < own)
  })
  const told = worse.length > 0 ? worse : others
  return { better: worse.length === 0, why: `pinball loss of ln tokens/s: ${told.map(lossText).join(', ')}` }
}
