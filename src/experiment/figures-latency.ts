import { quantileOfSorted, sortedCopy } from '../math/quantile.ts'
import { SIDES } from './comparison-types.ts'
import type { ComparisonReport, IncidentMark, Side } from './comparison-types.ts'
import { drawFigure } from './drawing.ts'
import type { Drawing } from './drawing.ts'
import { axisTitle, GRID, roundTicks, WIDE } from './figure-style.ts'
import { formatClock, formatMs } from './format.ts'
import type { Markup } from './markup.ts'

export const SIDE_COLORS: Readonly<Record<Side, string>> = { adaptive: 'var(--adaptive)', static: 'var(--static)' }
// Told apart without colour too.
const SIDE_DASHES: Readonly<Record<Side, string>> = { adaptive: 'none', static: '6 3' }

const CURVE_POINTS = 160
/** Room above and below the curves, as a factor. */
const HEADROOM = 1.15
const PERCENTILES = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]
/** Where a quantile lies on an axis that gives every further nine the same room. */
function nines(q: number): number {
  return -Math.log10(1 - q)
}

function quantileCurve(report: ComparisonReport, side: Side): readonly { readonly x: number; readonly ms: number }[] {
  const sorted = sortedCopy(report.rows.filter((row) => row.side === side).map((row) => row.durationMs))
  // The last quantile that the data can tell: one job in n.
  const end = nines(1 - 1 / Math.max(2, sorted.length))
  return Array.from({ length: CURVE_POINTS }, (_, point) => {
    const x = (end * point) / (CURVE_POINTS - 1)
    return { x, ms: quantileOfSorted(sorted, 1 - 10 ** -x) }
  })
}

/** Time per job by percentile, both axes spread so that the slow tail can be read. */
export function latencyFigure(drawing: Drawing, report: ComparisonReport): Markup {
  const { plot } = drawing
  const curves = SIDES.map((side) => ({ side, points: quantileCurve(report, side) }))
  const values = curves.flatMap(({ points }) => points.map(({ ms }) => ms))
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const end = Math.max(...curves.flatMap(({ points }) => points.map(({ x }) => x)))
  const percentiles = PERCENTILES.filter((q) => nines(q) <= end)
  const ticks = roundTicks(least / HEADROOM, most * HEADROOM)
  return drawFigure(drawing, 'Time per job by percentile of jobs, adaptive and static, on a logarithmic axis.', {
    width: WIDE,
    height: 340,
    marginLeft: 64,
    marginRight: 24,
    marginBottom: 44,
    x: { domain: [0, end] },
    y: { type: 'log', domain: [least / HEADROOM, most * HEADROOM] },
    marks: [
      plot.gridX(percentiles.map(nines), GRID),
      plot.gridY(ticks, GRID),
      plot.axisX(percentiles.map(nines), { ...axisTitle('jobs that took no longer'), tickFormat: percentile, tickSize: 0 }),
      // As text: the tick format of a logarithmic axis leaves out labels of its own choice.
      plot.axisY(ticks, { label: null, text: axisMs, tickSize: 0 }),
      ...curves.map(({ side, points }) =>
        plot.line(points, {
          x: 'x',
          y: 'ms',
          stroke: SIDE_COLORS[side],
          strokeWidth: 2.5,
          strokeDasharray: SIDE_DASHES[side],
          curve: 'monotone-x'
        })
      )
    ]
  })
}

function percentile(x: number): string {
  return `${Number((100 * (1 - 10 ** -x)).toFixed(2))} %`
}

/** A round time on an axis: 200 ms, 5 s. */
function axisMs(ms: number): string {
  return ms === 0 ? '0' : formatMs(ms).replace(/\.0+(?= )/, '')
}

/** Room that one incident marker needs, px. */
const MARKER_PX = 24

interface PlacedIncident extends IncidentMark {
  readonly number: number
  /** 0 is the lane next to the plot. */
  readonly lane: number
}

/** Numbers the incidents and puts those that would cover each other into different lanes. */
function placeIncidents(incidents: readonly IncidentMark[], pixelsPerMs: number): readonly PlacedIncident[] {
  const lastPx: number[] = []
  return incidents.map((incident, index) => {
    const px = incident.atMs * pixelsPerMs
    const free = lastPx.findIndex((last) => px - last >= MARKER_PX)
    const lane = free === -1 ? lastPx.length : free
    lastPx[lane] = px
    return { ...incident, number: index + 1, lane }
  })
}

function incidentMarks({ plot }: Drawing, placed: readonly PlacedIncident[]) {
  const offset = ({ lane }: PlacedIncident) => -16 - lane * MARKER_PX
  return [
    plot.ruleX(placed, { x: 'atMs', stroke: 'var(--muted)', strokeDasharray: '2 3' }),
    ...placed.flatMap((incident) => [
      plot.dot([incident], {
        x: 'atMs',
        frameAnchor: 'top',
        dy: offset(incident),
        r: 9,
        fill: 'var(--surface)',
        stroke: 'var(--muted)'
      }),
      plot.text([incident], {
        x: 'atMs',
        frameAnchor: 'top',
        dy: offset(incident),
        lineAnchor: 'middle',
        text: 'number',
        fill: 'var(--text)'
      })
    ])
  ]
}

/** Where the axis of time ends, ms: the last arrival or incident. */
export function runEndMs({ timeline, incidents }: ComparisonReport): number {
  const timelineEndMs = (timeline.at(-1)?.atMs ?? 0) + (timeline[0]?.atMs ?? 0)
  return Math.max(1, timelineEndMs, ...incidents.map(({ atMs }) => atMs))
}

/** Round steps of the run's clock, about eight of them. */
export function clockTicks(endMs: number): readonly number[] {
  const steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].map((seconds) => seconds * 1000)
  const stepMs = steps.find((step) => endMs / step <= 9) ?? endMs
  return Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, tick) => tick * stepMs)
}

/** Mean time per job over the run, with the incidents marked by their number. */
export function timelineFigure(drawing: Drawing, report: ComparisonReport): Markup {
  const { plot } = drawing
  const endMs = runEndMs(report)
  const [marginLeft, marginRight] = [64, 24]
  const placed = placeIncidents(report.incidents, (WIDE - marginLeft - marginRight) / endMs)
  const lanes = Math.max(0, ...placed.map(({ lane }) => lane + 1))
  const marginTop = 24 + lanes * MARKER_PX
  const series = SIDES.map((side) => ({
    side,
    points: report.timeline.map((slice) => ({
      atMs: slice.atMs,
      ms: side === 'adaptive' ? slice.adaptiveMeanMs : slice.staticMeanMs
    }))
  }))
  return drawFigure(drawing, 'Mean time per job over the run, adaptive and static, with the incidents marked.', {
    width: WIDE,
    height: 280 + marginTop,
    marginLeft,
    marginRight,
    marginTop,
    marginBottom: 44,
    x: { domain: [0, endMs] },
    y: { zero: true, nice: true },
    marks: [
      plot.gridY({ ...GRID, ticks: 5 }),
      plot.axisY({ label: null, ticks: 5, tickFormat: axisMs, tickSize: 0 }),
      plot.axisX(clockTicks(endMs), { ...axisTitle('time since the start'), tickFormat: formatClock, tickSize: 4 }),
      ...incidentMarks(drawing, placed),
      ...series.map(({ side, points }) =>
        plot.line(points, {
          x: 'atMs',
          y: 'ms',
          stroke: SIDE_COLORS[side],
          strokeWidth: 2.25,
          strokeDasharray: SIDE_DASHES[side]
        })
      )
    ]
  })
}
