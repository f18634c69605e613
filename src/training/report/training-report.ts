import type { IntervalOffsets } from '../../throughput/model-document.ts'
import { type Drawing, loadDrawing } from '../../experiment/drawing.ts'
import { formatCount, formatFactor, formatPercent, MISSING, orMissing } from '../../experiment/format.ts'
import { markup, type Markup } from '../../experiment/markup.ts'
import { figure, key, page, tile, unbroken } from '../../experiment/page-parts.ts'
import { cardOf } from '../evaluation/card.ts'
import type { Figures } from '../evaluation/figures.ts'
import { type Target, TARGETS } from '../evaluation/model.ts'
import type { ThroughputFit } from '../throughput-fit.ts'
import { calibratedPit, coverageFigure, pitFigure } from './calibration-figures.ts'
import { makerOf } from './family.ts'
import { byFamily, type Point, pointsOf } from './judged-network.ts'
import { lossFigure } from './loss-figure.ts'
import { familiesTable, filesTable, metricsTable, TARGET_NAMES } from './report-tables.ts'
import { scatterFigure } from './scatter-figure.ts'

/** A training that is over. */
export interface TrainingReport {
  /** Of the model. */
  readonly name: string
  /** Of the model's content, hexadecimal. */
  readonly sha256: string
  readonly fit: ThroughputFit
}

/** What the network says of one target, out of fold. */
interface Judgement {
  readonly target: Target
  readonly figures: Figures
  /** At least one. */
  readonly points: readonly Point[]
}

function judgementsOf({ figures: [network] }: ThroughputFit): Judgement[] {
  return TARGETS.flatMap((target) => {
    const [{ pooled, judged }] = network.targets[target]
    return pooled === undefined ? [] : [{ target, figures: pooled, points: pointsOf(judged, target) }]
  })
}

/** The baseline with the least median error. */
function bestBaseline({ figures: [, ...baselines] }: ThroughputFit, target: Target) {
  return baselines
    .flatMap(({ name, targets }) => {
      const error = targets[target].at(0)?.pooled?.medianApe
      return error === undefined ? [] : [{ name, error }]
    })
    .reduce<{ readonly name: string; readonly error: number } | null>(
      (best, each) => (best === null || each.error < best.error ? each : best),
      null
    )
}

function errorTile(fit: ThroughputFit, target: Target, name: string): Markup {
  const error = fit.figures[0].targets[target][0].pooled?.medianApe ?? null
  const best = bestBaseline(fit, target)
  return tile({
    name,
    value: orMissing(error, formatPercent),
    other: orMissing(best?.error ?? null, formatPercent),
    of: best?.name ?? 'no baseline'
  })
}

function verdict(fit: ThroughputFit): string {
  const error = fit.figures[0].targets.speed[0].pooled?.medianApe ?? null
  const best = bestBaseline(fit, 'speed')
  const own = `Half of the speeds of cards that were never seen are predicted within ${orMissing(error, formatPercent)}`
  return best === null ? own : `${own}; of the best baseline, ${best.name}, within ${formatPercent(best.error)}`
}

function head({ name, fit }: TrainingReport): Markup {
  const { created, trainedRows, trainedCards } = fit.content.card
  const speed = fit.figures[0].targets.speed[0].pooled
  return markup`<header>
<p class="eyebrow"><b>peerbandit</b> · training of the throughput model ${name} · ${created.slice(0, 16).replace('T', ' ')} UTC</p>
<h1>${unbroken(verdict(fit))}</h1>
<p class="lead">The model was fitted to ${formatCount(trainedRows)} rows of ${formatCount(trainedCards)} cards. All figures are of
predictions by fits that have not seen the card that they are asked about.</p>
<ul class="tiles">
${errorTile(fit, 'speed', 'Median error, tokens/s')}
${errorTile(fit, 'firstToken', 'Median error, first token')}
${tile({ name: 'Inside the interval, tokens/s', value: orMissing(speed?.coverage ?? null, formatPercent), other: '80 %', of: 'is the aim' })}
${tile({ name: 'Cards judged', value: formatCount(cardsJudged(fit)), other: formatCount(speed?.rows ?? 0), of: 'speeds' })}
</ul></header>`
}

function cardsJudged({ figures: [network] }: ThroughputFit): number {
  return new Set(network.targets.speed[0].judged.map(({ row }) => cardOf(row.query))).size
}

function metricsSection({ figures }: ThroughputFit): Markup {
  const tables = TARGETS.map((target) => markup`<div style="margin-top:24px">${metricsTable(figures, target)}</div>`)
  return markup`<section id="figures"><h2>Beside the baselines</h2>
<p>Errors are shares of what was measured. WAPE is the sum of the errors over the sum of the measurements; the pinball loss is of natural logarithms,
before calibration, and counts the interval too. Baselines predict numbers: half the error of these is their pinball loss, and calibration
alone makes their intervals.</p>${tables}</section>`
}

function predictionsSection(drawing: Drawing, judgements: readonly Judgement[]): Markup {
  const makers = new Map(
    judgements.flatMap(({ points }) =>
      points.map(({ judged }) => [makerOf(judged.row.query).name, makerOf(judged.row.query).color])
    )
  )
  const keys = [...makers].map(([name, color]) => key(name, color, 'dot'))
  const figures = judgements.map(({ target, points }) =>
    figure({ title: TARGET_NAMES[target], keys, crowded: true }, scatterFigure(drawing, points, target))
  )
  return markup`<section id="predictions"><h2>Predicted and measured</h2>
<p>A dot is a measurement. On the diagonal it is what was predicted in the median; above it, less.</p>
<div class="pair">${figures}</div></section>`
}

const CALIBRATION_KEYS = [key('after calibration', 'var(--adaptive)'), key('before', 'var(--static)', 'line dashed')]

function calibrationSection(drawing: Drawing, judgements: readonly Judgement[]): Markup {
  const figures = judgements.map(({ target, figures: { pit }, points }) =>
    figure({ title: TARGET_NAMES[target], keys: CALIBRATION_KEYS }, pitFigure(drawing, pit, calibratedPit(points)))
  )
  const findings = judgements.map(
    ({ target, figures: { coverage, rawCoverage } }) =>
      markup`<p class="finding">${TARGET_NAMES[target]}: <b>${formatPercent(coverage)}</b> lie inside their interval of 80 %, ${formatPercent(rawCoverage)} before calibration.</p>`
  )
  return markup`<section id="calibration"><h2>Calibration</h2>
<p>Where measurements lie among the predicted deciles 1, 5 and 9. A column that ends at 1 has as many as it should; the shares stand in them.</p>
<div class="pair">${figures}</div><div style="margin-top:20px">${findings}</div></section>`
}

function familiesSection(drawing: Drawing, judgements: readonly Judgement[]): Markup {
  const families = judgements.map(({ target, points }) => ({
    target,
    of: byFamily(
      points.map(({ judged }) => judged),
      target
    )
  }))
  const figures = families.map(({ target, of }) => figure({ title: TARGET_NAMES[target] }, coverageFigure(drawing, of)))
  return markup`<section id="families"><h2>By family of the GPU</h2>
<p>The share inside the interval of 80 %. Families of fewer than ten measurements are one.</p>
<div class="pair">${figures}${families.map(({ target, of }) => familiesTable(of, target))}</div></section>`
}

function lossSection(drawing: Drawing, { history, foldHistories }: ThroughputFit): Markup {
  const keys = [key('all rows', 'var(--adaptive)', 'line'), key('without a fold each', 'var(--muted)', 'line')]
  return markup`<section id="loss"><h2>The fits</h2>
<p>What training makes small, epoch by epoch. Rows are blurred, and some of what is known of them is hidden, so that lines are never smooth.</p>
${figure({ title: 'Objective by epoch', keys, wide: true }, lossFigure(drawing, history, foldHistories))}</section>`
}

function cardSection({ name, sha256, fit }: TrainingReport): Markup {
  const { card, calibration } = fit.content
  const settings = Object.entries(card.settings).flatMap(([what, value]) => (value === undefined ? [] : [`${what} ${value}`]))
  const sources = Object.entries(card.sources).map(([source, rows]) => `${source} ${formatCount(rows)}`)
  const moved = (offset: number) => (offset === 0 ? MISSING : formatFactor(Math.exp(offset)))
  const widened = (offsets: IntervalOffsets) =>
    `${moved(offsets.speed)} (tokens/s) and ${moved(offsets.firstToken)} (first token)`
  return markup`<section id="card"><h2>The model’s card</h2>
<dl>
<dt>Model</dt><dd>${name}, <code>${sha256}</code></dd>
<dt>Made</dt><dd>${card.created}</dd>
<dt>Settings</dt><dd>${settings.join(', ')}</dd>
<dt>Rows</dt><dd>${formatCount(card.trainedRows)} of ${formatCount(card.trainedCards)} cards: ${sources.join(', ')}</dd>
<dt>Held back</dt><dd>${formatPercent(card.heldBack)} of the latest rows of each source</dd>
<dt>Calibration</dt><dd>both ends of an interval move out by ${widened(calibration.familiar)}; of a source that was never seen, by ${widened(calibration.unfamiliar)}</dd>
</dl>
${filesTable(card.data)}
<h2 style="margin-top:28px">Limits</h2>
<ul>${card.limits.map((limit) => markup`<li>${limit}</li>`)}</ul></section>`
}

/**
 * A training as one HTML page that stands alone: no scripts, no requests, figures as inline SVG. The same training gives the same page.
 * @throws ERR_INVALID_OPTION when the packages that draw the figures are missing
 */
export async function renderTrainingReport(report: TrainingReport): Promise<string> {
  const drawing = await loadDrawing()
  const { fit, name } = report
  const judgements = judgementsOf(fit)
  return page(
    `peerbandit: training of ${name}`,
    markup`${head(report)}
${metricsSection(fit)}
${predictionsSection(drawing, judgements)}
${calibrationSection(drawing, judgements)}
${familiesSection(drawing, judgements)}
${lossSection(drawing, fit)}
${cardSection(report)}`
  )
}
