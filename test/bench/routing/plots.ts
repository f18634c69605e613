import { type Drawing, loadDrawing } from '../../../src/experiment/drawing.ts'
import { QUANTILES } from '../../../src/simulation/run-report.ts'
import { MAIN_POLICIES } from './policies.ts'
import type { BenchResults, ScenarioResult } from './results.ts'
import { drawSvg, GRID, type Look, looksOf } from './svg.ts'

export interface PlotFile {
  /** From the page that shows it. */
  readonly path: string
  readonly title: string
  readonly svg: string
}

const WIDTH = 920
/** Scenarios whose times are shown job by job, those first that show most. */
const CDF_PREFERRED = ['hidden-8', 'steady-80', 'churn']
const CDF_FIGURES = 2

/** All figures of a bench. @param directory of the files, from the page that shows them */
export async function benchPlots(results: BenchResults, directory: string): Promise<readonly PlotFile[]> {
  const drawing = await loadDrawing()
  const looks = looksOf(mainPolicies(results))
  const cdf = [...results.scenarios].sort((a, b) => preference(a) - preference(b)).slice(0, CDF_FIGURES)
  const rolling = results.scenarios.filter(({ policies }) => policies.some(({ rollingRatio }) => hasWindows(rollingRatio)))
  const file = (name: string, title: string, svg: string): PlotFile => ({ path: `${directory}/${name}.svg`, title, svg })
  return [
    file('ratio', 'Mean time over the omniscient router', ratioPlot(drawing, results.scenarios, looks)),
    ...cdf.map((scenario) => file(`cdf-${scenario.name}`, `Time per job in ${scenario.name}`, cdfPlot(drawing, scenario, looks))),
    ...rolling.map((scenario) =>
      file(`rolling-${scenario.name}`, `After the change in ${scenario.name}`, rollingPlot(drawing, scenario, looks))
    )
  ]
}

function hasWindows(rolling: { readonly fromJob: readonly number[] } | undefined): boolean {
  return rolling !== undefined && rolling.fromJob.some((from) => from > 0)
}

function preference({ name }: ScenarioResult): number {
  const at = CDF_PREFERRED.indexOf(name)
  return at < 0 ? CDF_PREFERRED.length : at
}

/** Ours and those that readers look for; where there are none of them, what there is. */
function mainPolicies({ plan }: BenchResults): readonly string[] {
  const rivals = plan.policies.filter(({ id, kind }) => kind !== 'bound' && id !== plan.ours).map(({ id }) => id)
  const main = MAIN_POLICIES.filter((id) => rivals.includes(id))
  return [plan.ours, ...(main.length > 0 ? main : rivals)]
}

const ROW = 52
/** Policies of a scenario stand below each other, so that their intervals can be told apart. */
const DODGE = 0.1
const RATIO_TICKS = [0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50]

/** An interval of few seeds may reach below 0, where a logarithm does not. */
const LEAST_RATIO = 0.01

/** Round ratios within a range, and no more than an axis has room for. */
function ratioTicks(least: number, most: number): readonly number[] {
  const inside = RATIO_TICKS.filter((tick) => tick >= least && tick <= most)
  return most / least > 6 ? inside.filter((tick) => ![0.9, 1.1, 1.25, 4, 7].includes(tick)) : inside
}

function ratioPlot(drawing: Drawing, scenarios: readonly ScenarioResult[], looks: readonly Look[]): string {
  const { plot } = drawing
  const points = scenarios.flatMap(({ policies }, row) =>
    looks.flatMap((look, i) => {
      const result = policies.find(({ policy }) => policy === look.policy)
      if (result === undefined) return []
      const { mean, low, high } = result.ratioMean
      return [
        {
          ...look,
          y: row + DODGE * (i - (looks.length - 1) / 2),
          mean,
          low: Math.max(LEAST_RATIO, low ?? mean),
          high: high ?? mean
        }
      ]
    })
  )
  const most = Math.max(...points.map(({ mean }) => mean)) * 1.06
  const least = Math.min(0.97, ...points.map(({ mean }) => mean)) / 1.03
  const ticks = ratioTicks(least, most)
  const height = ROW * scenarios.length + 60
  const about = {
    title: 'Mean time per job over that of the omniscient router',
    subtitle: 'Less is better, 1 is as good as knowing everything. Bars: 95 % intervals over the seeds. Logarithmic.'
  }
  return drawSvg(
    drawing,
    { ...about, width: WIDTH, height, looks },
    {
      marginLeft: 140,
      marginRight: 24,
      marginTop: 4,
      marginBottom: 44,
      x: { type: 'log', domain: [least, most], clamp: true },
      y: { domain: [scenarios.length - 0.5, -0.5] },
      marks: [
        plot.gridX(ticks, GRID),
        plot.ruleY(
          scenarios.map((_, row) => row + 0.5),
          GRID
        ),
        plot.ruleX([1], { stroke: '#8a95a3', strokeWidth: 1.5 }),
        plot.axisY([...scenarios.keys()], {
          label: null,
          tickSize: 0,
          fill: '#1b2430',
          text: (row: number) => scenarios[row].name
        }),
        plot.axisX(ticks, {
          label: 'mean time over the omniscient router’s',
          labelAnchor: 'center',
          labelArrow: 'none',
          text: String,
          tickSize: 0
        }),
        plot.link(points, { x1: 'low', x2: 'high', y: 'y', stroke: 'color', strokeWidth: 1.5, strokeOpacity: 0.6 }),
        plot.dot(points, {
          x: 'mean',
          y: 'y',
          fill: 'color',
          symbol: (point: Look) => point.symbol,
          r: 5,
          stroke: '#ffffff',
          strokeWidth: 0.75
        })
      ]
    }
  )
}

function cdfPlot(drawing: Drawing, { name, quantilesMs, policies }: ScenarioResult, looks: readonly Look[]): string {
  const { plot } = drawing
  const curves = looks.flatMap((look) => {
    const times = quantilesMs.get(look.policy)
    return times === undefined ? [] : [{ look, points: times.map((ms, i) => ({ seconds: ms / 1000, share: QUANTILES[i] })) }]
  })
  const endSeconds = Math.max(
    ...policies.filter(({ policy }) => looks.some((look) => look.policy === policy)).map(({ p99Ms }) => p99Ms.mean / 1000)
  )
  const about = {
    title: `Share of the jobs that are done, by time: ${name}`,
    subtitle: 'More to the left is better. Means over the seeds; failed jobs count with their deadline.'
  }
  return drawSvg(
    drawing,
    { ...about, width: WIDTH, height: 360, looks },
    {
      marginLeft: 64,
      marginRight: 24,
      marginTop: 8,
      marginBottom: 44,
      x: { domain: [0, endSeconds] },
      y: { domain: [0, 1] },
      marks: [
        plot.gridX(GRID),
        plot.gridY([0, 0.25, 0.5, 0.75, 0.9, 1], GRID),
        plot.axisX({ label: 'time from arrival to the last token, s', labelAnchor: 'center', labelArrow: 'none', tickSize: 0 }),
        plot.axisY([0, 0.25, 0.5, 0.75, 0.9, 1], {
          label: null,
          tickFormat: (share: number) => `${Math.round(100 * share)} %`,
          tickSize: 0
        }),
        ...curves.toReversed().flatMap(({ look, points }) => [
          plot.line(points, { x: 'seconds', y: 'share', stroke: look.color, strokeWidth: 2, clip: true }),
          plot.dot(
            points.filter(({ seconds }, i) => i % 20 === 10 && seconds <= endSeconds),
            { x: 'seconds', y: 'share', fill: look.color, symbol: look.symbol, r: 4.5 }
          )
        ])
      ]
    }
  )
}

function rollingPlot(drawing: Drawing, { name, policies }: ScenarioResult, looks: readonly Look[]): string {
  const { plot } = drawing
  const curves = looks.flatMap((look) => {
    const rolling = policies.find(({ policy }) => policy === look.policy)?.rollingRatio
    return rolling === undefined ? [] : [{ look, points: rolling.fromJob.map((from, i) => ({ from, ratio: rolling.ratio[i] })) }]
  })
  const all = curves.flatMap(({ points }) => points)
  const ratios = all.map(({ ratio }) => ratio)
  const [least, most] = [Math.min(0.97, ...ratios) / 1.02, Math.max(1.3, ...ratios) * 1.05]
  const ticks = ratioTicks(least, most)
  const jobs = all.map(({ from }) => from)
  const about = {
    title: `Before and after the change: ${name}`,
    subtitle:
      'Mean time of windows of 100 jobs over the omniscient router’s mean of the same jobs; dashed: 1.15. Means over the seeds.'
  }
  return drawSvg(
    drawing,
    { ...about, width: WIDTH, height: 360, looks },
    {
      marginLeft: 64,
      marginRight: 24,
      marginTop: 8,
      marginBottom: 44,
      x: { domain: [Math.min(...jobs), Math.max(...jobs)] },
      y: { type: 'log', domain: [least, most], clamp: true },
      marks: [
        plot.gridX(GRID),
        plot.gridY(ticks, GRID),
        plot.ruleX([0], { stroke: '#8a95a3', strokeWidth: 1.5 }),
        plot.ruleY([1.15], { stroke: '#8a95a3', strokeDasharray: '5 4' }),
        plot.axisX({
          label: 'first job of the window, counted from the change',
          labelAnchor: 'center',
          labelArrow: 'none',
          tickSize: 0
        }),
        plot.axisY(ticks, { label: null, text: String, tickSize: 0 }),
        ...curves.toReversed().flatMap(({ look, points }) => [
          plot.line(points, { x: 'from', y: 'ratio', stroke: look.color, strokeWidth: 2 }),
          plot.dot(
            points.filter((_, i) => i % 8 === 4),
            { x: 'from', y: 'ratio', fill: look.color, symbol: look.symbol, r: 4.5 }
          )
        ])
      ]
    }
  )
}
