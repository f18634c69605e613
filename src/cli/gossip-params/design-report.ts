import { designTopicScore } from '../../gossip/calculator.ts'
import { TOPIC_SCORE_FIELDS } from '../../gossip/fields.ts'
import { gistSlips } from '../../gossip/gist-slips.ts'
import { GIST_PUBLISHED, gistDesign } from '../../gossip/gist.ts'
import { activationCheck, crossingShare, longRunScore } from '../../gossip/long-run.ts'
import type { TopicScoreParams } from '../../gossip/score-params.ts'
import { gossipThresholds } from '../../gossip/calculator.ts'
import { resolveDesign, type TopicDesign } from '../../gossip/topic-design.ts'
import type { TopicScoreDesign } from '../../gossip/topic-score-design.ts'
import type { GossipParamsOptions } from './options.ts'
import { slipLines } from './slip-lines.ts'

/** What a run of the calculator shows. */
export interface DesignReport {
  /** The set that was asked for; without a choice the one of true steady states. */
  readonly chosen: TopicScoreDesign
  /** The same with the gist's truncated sums, where no choice was made. */
  readonly truncated?: TopicScoreDesign
  /** Whether all inputs are those of the gist, and its set belongs beside. */
  readonly ofGist: boolean
}

/** Choices that make one set of several. */
const CHOICES = ['convention', 'steadyState', 'moment', 'exact', 'scaleThreshold'] as const

export function designReport(design: TopicDesign, options: GossipParamsOptions): DesignReport {
  const chosen = designTopicScore(design)
  if (CHOICES.some((choice) => options[choice] !== undefined)) return { chosen, ofGist: false }
  const ofGist = JSON.stringify(ordered(design)) === JSON.stringify(ordered(gistDesign('true')))
  return { chosen, truncated: designTopicScore({ ...design, steadyState: 'truncated' }), ofGist }
}

function ordered(design: TopicDesign): unknown {
  return Object.entries(resolveDesign(design)).toSorted(([a], [b]) => a.localeCompare(b))
}

/** The names of shared/known sets, where the chosen one is one of them. */
function namedSets({ chosen, truncated }: DesignReport): Record<string, TopicScoreParams> {
  const { convention, moment, steadyState, scaleThreshold } = chosen.design
  if (truncated !== undefined) return { gistArithmeticFixed: truncated.params, trueSteadyState: chosen.params }
  if (convention !== 'one-part-in-n' || moment !== 'before-decay' || scaleThreshold) return {}
  return { [steadyState === 'true' ? 'trueSteadyState' : 'gistArithmeticFixed']: chosen.params }
}

export function designJson(report: DesignReport): Record<string, unknown> {
  return {
    ...report.chosen,
    ...(report.ofGist && { gistPublished: GIST_PUBLISHED }),
    ...namedSets(report),
    ...(report.ofGist && { slips: gistSlips() })
  }
}

/** A column of the table. */
interface Column {
  readonly title: string
  readonly params: Partial<TopicScoreParams>
  readonly figures: readonly string[]
}

const FIGURES = [
  'long-run score at the zero share',
  'long-run score is 0 at',
  'counter at activation, after decay',
  'loss then of a conforming peer',
  'gossip threshold at most, JS',
  'gossip threshold at most, Go'
]

function shown(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(Number(value.toPrecision(6)).toFixed(9)))
}

function designColumn(title: string, { params, longRun, activation, gossipThreshold }: TopicScoreDesign): Column {
  const figures = [
    shown(longRun.scoreAtZeroShare),
    `${shown(100 * longRun.crossingShare)} %`,
    shown(activation.counterAfterDecay),
    shown(0 - activation.score),
    shown(gossipThreshold.js),
    shown(gossipThreshold.go)
  ]
  return { title, params, figures }
}

function publishedColumn({ chosen: { deliveriesPerTick, design } }: DesignReport): Column {
  const { low } = deliveriesPerTick
  const params = GIST_PUBLISHED
  const activation = activationCheck(params, low, design.decayIntervalMs)
  const threshold = gossipThresholds({ ...params, topicWeight: design.topicWeight })
  const figures = [
    shown(longRunScore(params, design.zeroShare * low)),
    `${shown(100 * crossingShare(params, low))} %`,
    shown(activation.counterAfterDecay),
    shown(0 - activation.score),
    shown(threshold.js),
    shown(threshold.go)
  ]
  return { title: 'published', params, figures }
}

function columnsOf(report: DesignReport): Column[] {
  const { chosen, truncated, ofGist } = report
  if (truncated === undefined) return [designColumn(`${chosen.design.convention}, ${chosen.design.steadyState}`, chosen)]
  return [
    ...(ofGist ? [publishedColumn(report)] : []),
    designColumn(ofGist ? 'arithmetic fixed' : 'truncated steady state', truncated),
    designColumn('true steady state', chosen)
  ]
}

function headerLines({ chosen: { design, deliveriesPerTick, firstDeliveries, meshDeliveries } }: DesignReport): string[] {
  const of = (counter: typeof firstDeliveries) =>
    `ends at ${shown(counter.steadyBeforeDecay)} times what comes in an interval before a decay, ${shown(counter.steadyAfterDecay)} after`
  return [
    `${shown(design.messagesPerSecond)} messages/s, mesh of ${design.meshDegree} to ${design.meshDegreeHigh}: ${shown(deliveriesPerTick.low)} to ` +
      `${shown(deliveriesPerTick.high)} deliveries of a peer in each decay interval of ${shown(design.decayIntervalMs / 1000)} s`,
    `decays ${design.convention}; counter of first deliveries ${of(firstDeliveries)}`,
    `counter of deliveries in the mesh ${of(meshDeliveries)}`
  ]
}

/** For people: the sets side by side, what they come to, and what is wrong with them. */
export async function designText(report: DesignReport): Promise<string> {
  const { aligned } = await import('../../training/evaluation/table.ts')
  const columns = columnsOf(report)
  const table = aligned([
    ['', ...columns.map(({ title }) => title)],
    ...TOPIC_SCORE_FIELDS.map((field) => [field, ...columns.map(({ params }) => shown(params[field]))]),
    ...FIGURES.map((title, i) => [title, ...columns.map(({ figures }) => figures[i])])
  ])
  const sections = [headerLines(report).join('\n'), table, ...warningSections(report)]
  if (report.ofGist) sections.push(['Slips of the gist:', ...slipLines(gistSlips())].join('\n'))
  return `${sections.join('\n\n')}\n`
}

function warningSections({ chosen, truncated }: DesignReport): string[] {
  const of = (title: string, { warnings }: TopicScoreDesign) =>
    warnings.length === 0 ? [] : [[`${title}:`, ...warnings.map(({ message }) => `  - ${message}`)].join('\n')]
  if (truncated === undefined) return of('Warnings', chosen)
  return [...of('Warnings, truncated steady state', truncated), ...of('Warnings, true steady state', chosen)]
}
