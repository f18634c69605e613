import { formatNumber, formatPercent, MISSING, orMissing } from '../../../src/experiment/format.ts'
import { table } from '../../bench/table.ts'
import type { Figures, Spread } from './figures.ts'
import { SERVER_NAMES, SLOW_FACTORS, type ServerName } from './fleet.ts'

/** What `npm run measure:llm` saw. */
export interface Measurement {
  readonly command: string
  readonly versions: Readonly<Record<'peerbandit' | 'node' | 'node-llama-cpp', string>>
  readonly machine: { readonly platform: string; readonly cpus: number; readonly cpu: string; readonly loadAverage: number }
  /** The file of the model. */
  readonly model: string
  readonly jobs: number
  readonly outageJobs: number
  readonly meanGapMs: number
  /** Of what the servers can do together. */
  readonly loadRatio: number
  /** Every server with one job at a time. */
  readonly alone: Readonly<Record<ServerName, Figures>>
  readonly contestants: readonly {
    readonly name: string
    readonly what: string
    readonly whole: Figures
    readonly outage: Figures & { readonly continued: number }
  }[]
}

const BEGIN = '<!-- figures of npm run measure:llm: what stands here is written over -->'
const END = '<!-- end of the figures -->'

const seconds = (ms: number) => formatNumber(ms / 1000)

function spread(of: Spread | null): string[] {
  return of === null ? [MISSING, MISSING, MISSING] : [of.mean, of.p50, of.p95].map(seconds)
}

function setting({ versions, machine, model, alone, ...measured }: Measurement): string {
  const { platform, cpus, cpu, loadAverage } = machine
  const speeds = SERVER_NAMES.map((name) => {
    const { durationMs, tokensPerSecond } = alone[name]
    const mean = durationMs === null ? null : durationMs.mean
    return [name, `×${SLOW_FACTORS[name]}`, orMissing(mean, seconds), orMissing(tokensPerSecond, formatNumber)]
  })
  const parts = [
    `\`${measured.command}\`: peerbandit ${versions.peerbandit}, Node ${versions.node}, node-llama-cpp ${versions['node-llama-cpp']}, ${model}.`,
    `${platform}, a ${loadAverage > cpus / 2 ? 'busy' : 'quiet'} machine of ${cpus} CPUs (${cpu}): load average ${loadAverage.toFixed(1)} before the start, all of it other work.`,
    `${measured.jobs} jobs, one every ${seconds(measured.meanGapMs)} s in the mean: ${formatPercent(measured.loadRatio)} of what the three servers can do together.`
  ]
  return `${parts.join('\n')}\n\n${table(['server', 'slower', 'a job alone, s', 'tokens/s'], speeds)}`
}

function times({ contestants }: Measurement): string {
  const columns = ['mean', 'p50', 'p95']
  const head = ['by', ...columns.map((name) => `time ${name}, s`), ...columns.map((name) => `first token ${name}, s`), 'tokens/s']
  const rows = contestants.map(({ name, whole }) => [
    name,
    ...spread(whole.durationMs),
    ...spread(whole.firstTokenMs),
    orMissing(whole.tokensPerSecond, formatNumber)
  ])
  return table(head, rows)
}

function shares({ contestants }: Measurement): string {
  const head = ['by', ...SERVER_NAMES, 'answered', 'failed']
  const rows = contestants.map(({ name, whole: { shares, answered, failed } }) => [
    name,
    ...SERVER_NAMES.map((server) => formatPercent(shares[server])),
    answered,
    failed
  ])
  return table(head, rows)
}

function outage({ contestants, outageJobs }: Measurement): string {
  const rows = contestants.map(({ name, outage: { answered, continued, failed, durationMs } }) => [
    name,
    answered,
    continued,
    failed,
    ...spread(durationMs).slice(0, 1)
  ])
  const heading = `The fast server is killed in the middle of an answer, half-way through ${outageJobs} more jobs`
  return `${heading}:\n\n${table(['by', 'answered', 'of them continued', 'failed', 'time mean, s'], rows)}`
}

/** The figures as Markdown. */
export function figuresText(measurement: Measurement): string {
  const legend = measurement.contestants.map(({ name, what }) => `- ${name}: ${what}.`).join('\n')
  return [setting(measurement), legend, times(measurement), shares(measurement), outage(measurement)].join('\n\n')
}

/** The page with other figures. @throws where it does not have the two markers */
export function withFigures(page: string, figures: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`the page must have the lines ${BEGIN} and ${END}, in this order`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${figures}\n\n${page.slice(end)}`
}
