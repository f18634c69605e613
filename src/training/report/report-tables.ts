import { formatCount, formatFactor, formatNumber, formatPercent, MISSING } from '../../experiment/format.ts'
import { markup, type Markup } from '../../experiment/markup.ts'
import type { ModelFigures } from '../evaluation/cross-validate.ts'
import type { Figures } from '../evaluation/figures.ts'
import type { Target } from '../evaluation/model.ts'
import type { FitOrigin } from '../model-card.ts'
import { NEURAL_NAME } from '../neural-model.ts'
import type { FamilyFigures } from './judged-network.ts'

/** As pages call the targets. */
export const TARGET_NAMES: Readonly<Record<Target, string>> = {
  speed: 'Tokens per second',
  firstToken: 'Time to the first token'
}

interface Column {
  readonly title: Markup
  readonly of: (figures: Figures) => number
  readonly format: (value: number) => string
  /** The least is the best, and in bold. */
  readonly least?: true
}

const COLUMNS: readonly Column[] = [
  { title: markup`Median<br>error`, of: ({ medianApe }) => medianApe, format: formatPercent, least: true },
  { title: markup`90 % have<br>less than`, of: ({ p90Ape }) => p90Ape, format: formatPercent, least: true },
  { title: markup`WAPE`, of: ({ wape }) => wape, format: formatPercent, least: true },
  { title: markup`Pinball<br>(ln)`, of: ({ logPinball }) => logPinball, format: formatNumber, least: true },
  { title: markup`Inside<br>80 %`, of: ({ coverage }) => coverage, format: formatPercent },
  { title: markup`before<br>calibration`, of: ({ rawCoverage }) => rawCoverage, format: formatPercent },
  { title: markup`High over<br>low end`, of: ({ logWidth }) => Math.exp(logWidth), format: formatFactor, least: true },
  { title: markup`Answered`, of: ({ answered }) => answered, format: formatPercent }
]

function text({ of, format }: Column, figures: Figures | undefined): string {
  const value = figures === undefined ? NaN : of(figures)
  return Number.isFinite(value) ? format(value) : MISSING
}

function pooledOf({ targets }: ModelFigures, target: Target): Figures | undefined {
  return targets[target].at(0)?.pooled
}

/** The network beside the baselines, in one order. */
export function metricsTable(models: readonly ModelFigures[], target: Target): Markup {
  const best = COLUMNS.map(({ of, least }) => {
    const values = models
      .map((model) => pooledOf(model, target))
      .flatMap((figures) => (figures === undefined ? [] : [of(figures)]))
    return least === true ? Math.min(...values.filter(Number.isFinite)) : NaN
  })
  const rows = models.map((model) => {
    const figures = pooledOf(model, target)
    const cells = COLUMNS.map((column, i) => {
      const isBest = figures !== undefined && column.of(figures) === best[i]
      return isBest ? markup`<td><b>${text(column, figures)}</b></td>` : markup`<td>${text(column, figures)}</td>`
    })
    return markup`<tr><th scope="row" class="text ${model.name === NEURAL_NAME ? 'adaptive' : ''}">${model.name}</th>${cells}</tr>`
  })
  const measured = models.map((model) => pooledOf(model, target)?.rows ?? 0)
  return markup`<div class="scroll"><table>
<caption>${TARGET_NAMES[target]}: ${formatCount(Math.max(...measured))} measurements; the best of each column is in bold</caption>
<thead><tr><th scope="col" class="text">Model</th>${COLUMNS.map(({ title }) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

/** How well each family of GPUs is predicted. */
export function familiesTable(families: readonly FamilyFigures[], target: Target): Markup {
  const rows = families.map(
    ({ family, cards, figures: { rows, medianApe, coverage } }) =>
      markup`<tr><th scope="row" class="text">${family}</th><td>${formatCount(cards)}</td><td>${formatCount(rows)}</td>
<td>${formatPercent(medianApe)}</td><td>${formatPercent(coverage)}</td></tr>`
  )
  return markup`<div class="scroll"><table>
<caption>${TARGET_NAMES[target]}, by family</caption>
<thead><tr><th scope="col" class="text">Family</th><th scope="col">Cards</th><th scope="col">Rows</th>
<th scope="col">Median<br>error</th><th scope="col">Inside<br>80 %</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

/** What was learned from. */
export function filesTable(data: FitOrigin['data']): Markup {
  const rows = data.map(
    ({ file, rows, sha256 }) => markup`<tr><th scope="row" class="text wrap">${file}</th><td>${formatCount(rows)}</td>
<td class="text wrap hash"><code>${sha256 ?? MISSING}</code></td></tr>`
  )
  return markup`<div class="scroll"><table>
<caption>Files that it was made from, with what was held back</caption>
<thead><tr><th scope="col" class="text">File</th><th scope="col">Rows</th><th scope="col" class="text">SHA-256</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}
