import { drawFigure, loadDrawing, type Drawing } from '../../experiment/drawing.ts'
import { axisTitle, GRID, WIDE } from '../../experiment/figure-style.ts'
import { formatClock, formatNumber } from '../../experiment/format.ts'
import { markup, type Markup } from '../../experiment/markup.ts'
import { figure, key, page } from '../../experiment/page-parts.ts'
import type { TopicScoreParams } from '../score-params.ts'
import type { ScoreComponents } from './components.ts'
import type { ScorePoint, ScoreSimulation } from './simulate-score.ts'

interface Line {
  readonly name: string
  readonly color: string
  /** Told apart without colour too. */
  readonly dash?: string
  readonly of: (point: ScorePoint) => number
}

const part = (name: string, color: string, of: keyof ScoreComponents, dash?: string): Line => ({
  name,
  color,
  of: ({ components }) => components[of],
  ...(dash === undefined ? {} : { dash })
})

const SCORE: Line = part('score', 'var(--text)', 'score')
const PARTS: readonly Line[] = [
  part('P1 time in the mesh', 'var(--arm-1)', 'timeInMesh', '2 3'),
  part('P2 first deliveries', 'var(--adaptive)', 'firstMessageDeliveries', '6 3'),
  part('P3 deficit', 'var(--static)', 'meshMessageDeliveries'),
  part('P3b deficits when pruned', 'var(--arm-3)', 'meshFailurePenalty', '8 3 2 3'),
  part('P4 invalid messages', 'var(--arm-5)', 'invalidMessageDeliveries', '4 2'),
  part('cap of topics', 'var(--arm-4)', 'topicScoreCap', '1 3'),
  part('P5 application', 'var(--arm-2)', 'application', '6 2 2 2'),
  part('P6 addresses', 'var(--muted)', 'ipColocation', '3 3'),
  part('P7 misbehaviour', 'var(--arm-rest)', 'behaviourPenalty', '5 5')
]
const COUNTERS: readonly Line[] = [
  {
    name: 'first deliveries',
    color: 'var(--adaptive)',
    dash: '6 3',
    of: ({ counters }) => counters?.firstMessageDeliveries ?? 0
  },
  { name: 'deliveries in the mesh', color: 'var(--static)', of: ({ counters }) => counters?.meshMessageDeliveries ?? 0 }
]

/** Points of a line; more would not be seen. */
const MOST_POINTS = 400
/** Between this and its negative the axis of scores is straight, beyond it is logarithmic. */
const STRAIGHT = 100

function thinned(points: readonly ScorePoint[]): readonly ScorePoint[] {
  const step = Math.ceil(points.length / MOST_POINTS)
  return points.filter((_, i) => i % step === 0 || i === points.length - 1)
}

function keysOf(lines: readonly Line[]): readonly Markup[] {
  return lines.map(({ name, color, dash }) => key(name, color, dash === undefined ? 'line' : 'line dashed'))
}

function scoreTicks(least: number, most: number): readonly number[] {
  const between = most - least > 5000 ? [] : [500]
  const powers = [1e2, ...between, 1e3, 1e4, 1e5, 1e6, 1e7]
  const ticks = [...powers.map((power) => -power).reverse(), 0, ...powers]
  return ticks.filter((tick) => tick >= least && tick <= most)
}

function clockAxis({ plot }: Drawing, endSecond: number) {
  const stepSeconds = [60, 120, 300, 600, 1800, 3600, 7200, 14_400].find((step) => endSecond / step <= 9) ?? endSecond
  const ticks = Array.from({ length: Math.floor(endSecond / stepSeconds) + 1 }, (_, i) => i * stepSeconds)
  return plot.axisX(ticks, {
    ...axisTitle('time, minutes and seconds'),
    tickFormat: (second: number) => formatClock(second * 1000),
    tickSize: 4
  })
}

function linesOf({ plot }: Drawing, points: readonly ScorePoint[], lines: readonly Line[]) {
  return lines.map(({ of, color, dash }) =>
    plot.line(points, {
      x: 'second',
      y: of,
      stroke: color,
      strokeWidth: 2,
      ...(dash === undefined ? {} : { strokeDasharray: dash })
    })
  )
}

function scoreFigure(drawing: Drawing, { scenario, points, incidents }: ScoreSimulation): Markup {
  const { plot } = drawing
  const shown = thinned(points)
  const lines = [...PARTS.filter(({ of }) => shown.some((point) => of(point) !== 0)), SCORE]
  const values = lines.flatMap(({ of }) => shown.map(of))
  const [least, most] = [Math.min(-STRAIGHT, ...values), Math.max(STRAIGHT, ...values)]
  const ticks = scoreTicks(least, most)
  const endSecond = points.at(-1)?.second ?? 1
  const pruned = incidents.filter(({ kind }) => kind === 'prune')
  const chart = drawFigure(drawing, `Score and its parts over time, of a peer that ${scenario.text}.`, {
    width: WIDE,
    height: 340,
    marginLeft: 64,
    marginRight: 24,
    marginBottom: 64,
    x: { domain: [0, endSecond] },
    y: { type: 'symlog', constant: STRAIGHT, domain: [least * 1.1, most * 1.1] },
    marks: [
      plot.gridY(ticks, GRID),
      plot.axisY(ticks, { label: null, text: (tick: number) => tick.toLocaleString('en-US'), tickSize: 0 }),
      clockAxis(drawing, endSecond),
      plot.ruleX(pruned, { x: 'second', stroke: 'var(--muted)', strokeDasharray: '2 3' }),
      ...linesOf(drawing, shown, lines)
    ]
  })
  return figure({ title: 'Score and parts, weighted', keys: keysOf(lines), wide: true, crowded: true }, chart)
}

function countersFigure(drawing: Drawing, { scenario, points }: ScoreSimulation, topic: TopicScoreParams): Markup {
  const { plot } = drawing
  const shown = thinned(points)
  const endSecond = points.at(-1)?.second ?? 1
  const threshold = topic.meshMessageDeliveriesThreshold
  const chart = drawFigure(drawing, `Counters over time, of a peer that ${scenario.text}.`, {
    width: WIDE,
    height: 220,
    marginLeft: 64,
    marginRight: 24,
    marginBottom: 44,
    x: { domain: [0, endSecond] },
    y: { zero: true, nice: true },
    marks: [
      plot.gridY({ ...GRID, ticks: 5 }),
      plot.axisY({ label: null, ticks: 5, tickSize: 0 }),
      clockAxis(drawing, endSecond),
      plot.ruleY([threshold], { stroke: 'var(--muted)', strokeDasharray: '2 3' }),
      ...linesOf(drawing, shown, COUNTERS)
    ]
  })
  const keys = [...keysOf(COUNTERS), key('threshold', 'var(--muted)', 'line dashed')]
  return figure({ title: 'Messages, as counted', keys, wide: true }, chart)
}

function scenarioSection(drawing: Drawing, simulation: ScoreSimulation, topic: TopicScoreParams): Markup {
  const { scenario, points, incidents } = simulation
  const last = points.at(-1)?.components.score ?? 0
  const pruned = incidents.find(({ kind }) => kind === 'prune')
  const fate =
    pruned === undefined
      ? 'It is never pruned.'
      : `It is first pruned after ${formatClock(pruned.second * 1000)}, at a score of ${formatNumber(pruned.score)}.`
  return markup`<section id="${scenario.name}"><h2>${scenario.name}</h2>
<p>A peer that ${scenario.text}. ${fate} At the end it has ${formatNumber(last)}.</p>
${scoreFigure(drawing, simulation)}${countersFigure(drawing, simulation, topic)}</section>`
}

/** What a page of simulations is headed by. */
export interface ScorePageTitle {
  /** Whose parameters. */
  readonly params: string
  /** Messages/s */
  readonly rate: number
}

/**
 * Simulations as one HTML page that stands alone: for each, its score with its parts and its counters over time. Dotted lines upright are
 * where the peer is pruned.
 */
export async function scorePage(
  simulations: readonly ScoreSimulation[],
  topic: TopicScoreParams,
  { params, rate }: ScorePageTitle
): Promise<string> {
  const drawing = await loadDrawing()
  return page(
    `gossipsub scores · ${params}`,
    markup`<header>
<p class="eyebrow"><b>peerbandit</b> · gossipsub peer scores</p>
<h1>What becomes of a peer's score</h1>
<p class="lead">Parameters: ${params}. ${formatNumber(rate)} messages a second are expected of the peer. Points are just after a decay; the axis of
scores is logarithmic beyond ${STRAIGHT} and its negative.</p></header>
${simulations.map((simulation) => scenarioSection(drawing, simulation, topic))}`
  )
}
