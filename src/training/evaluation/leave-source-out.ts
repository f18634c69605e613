import { pcg32 } from '../../core/rng.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import type { DivisionFigures, ModelFigures } from './cross-validate.ts'
import { figuresOf, type Judged } from './figures.ts'
import { type FittedModel, type Target, type ThroughputModel } from './model.ts'
import type { SourceSplit } from './source-splits.ts'

export interface LeaveSourceOutOptions {
  /** Rows that have figures of their own beside those of all. @default none */
  readonly parts?: Readonly<Record<string, (row: MeasuredRow) => boolean>>
  /** Called before each fit. */
  readonly onFit?: (model: string) => void
}

function divisionOf(judged: readonly Judged[], target: Target, parts: NonNullable<LeaveSourceOutOptions['parts']>) {
  const figures = (of: readonly Judged[]) => figuresOf(of, target, pcg32(1))
  const byPart = Object.entries(parts).map(([part, isIn]) => [part, figures(judged.filter(({ row }) => isIn(row)))] as const)
  return { pooled: figures(judged), byFold: [], judged, parts: Object.fromEntries(byPart) } satisfies DivisionFigures
}

function figuresOfFit(
  fitted: FittedModel,
  held: SourceSplit['held'],
  parts: NonNullable<LeaveSourceOutOptions['parts']>
): ModelFigures['targets'] {
  const predictions = fitted.predict(held.map(({ query }) => query))
  const ofTarget = (target: Target) => {
    const judged = held.map((row, i) => ({ row, predicted: predictions[i][target], offset: 0 }))
    return [divisionOf(judged, target, parts)]
  }
  return { speed: ofTarget('speed'), firstToken: ofTarget('firstToken') }
}

/** How models do on a source that they know nothing of. Intervals are the models' own. */
export async function leaveSourceOut(
  { training, held }: SourceSplit,
  models: readonly ThroughputModel[],
  { parts = {}, onFit }: LeaveSourceOutOptions = {}
): Promise<ModelFigures[]> {
  const results: ModelFigures[] = []
  for (const model of models) {
    onFit?.(model.name)
    const fitted = await model.fit(training)
    results.push({ name: model.name, targets: figuresOfFit(fitted, held, parts) })
  }
  return results
}
