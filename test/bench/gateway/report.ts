import { formatCount, formatNumber, MISSING } from '../../../src/experiment/format.ts'
import { table } from '../table.ts'
import { DIRECT } from './contestants.ts'
import type { Results } from './results.ts'
import type { Rounds } from './statistics.ts'

type Contestant = Results['contestants'][number]

/** The median, and the least and the most of the rounds. */
function withSpread(rounds: Rounds | undefined, format: (value: number) => string): string {
  if (rounds === undefined) return MISSING
  const { median, low, high } = rounds
  return `${format(median)} (${format(low)} to ${format(high)})`
}

const orMissing = (value: number | undefined, format: (value: number) => string) =>
  value === undefined ? MISSING : format(value)

function row({ name, figures, memory }: Contestant): string[] {
  const added = (rounds: Rounds | undefined) => (name === DIRECT ? MISSING : withSpread(rounds, formatNumber))
  return [
    name,
    withSpread(figures.p50Ms, formatNumber),
    added(figures.addedP50Ms),
    added(figures.addedP99Ms),
    withSpread(figures.requestsPerSecond, formatCount),
    added(figures.addedUsPerToken),
    added(figures.addedTokenDelayP50Us),
    orMissing(memory?.beforeMb, formatCount),
    orMissing(memory?.afterMb, formatCount),
    orMissing(memory?.cpuUsPerRequest, formatCount)
  ]
}

const HEAD = [
  'by',
  'p50, ms',
  'added p50, ms',
  'added p99, ms',
  'requests/s',
  'stream, µs a token',
  'token delay p50, µs',
  'RSS before, MB',
  'RSS after, MB',
  'CPU, µs a request'
]

/** What is compared, by its name in the table. Less is better of all but requests/s. */
const COMPARED: readonly (readonly [string, (contestant: Contestant) => number | undefined])[] = [
  ['added p50', ({ figures }) => figures.addedP50Ms?.median],
  ['added p99', ({ figures }) => figures.addedP99Ms?.median],
  ['requests/s', ({ figures }) => figures.requestsPerSecond?.median],
  ['stream, time a token', ({ figures }) => figures.addedUsPerToken?.median],
  ['token delay p50', ({ figures }) => figures.addedTokenDelayP50Us?.median],
  ['RSS after', ({ memory }) => memory?.afterMb],
  ['CPU a request', ({ memory }) => memory?.cpuUsPerRequest]
]

/** A ratio says nothing where what is divided by is not above 0: noise of the same size as the figure. */
function ratio(above: number | undefined, below: number | undefined): string {
  if (above === undefined || below === undefined || above <= 0 || below <= 0) return MISSING
  return formatNumber(above / below)
}

/** The first gateway over each of the others; undefined for fewer than two. */
function ratios(contestants: readonly Contestant[]): string | undefined {
  const [first, ...others] = contestants.filter(({ name }) => name !== DIRECT)
  if (others.length === 0) return undefined
  return table(
    ['ratio', ...others.map(({ name }) => `${first.name} / ${name}`)],
    COMPARED.map(([what, read]) => [what, ...others.map((other) => ratio(read(first), read(other)))])
  )
}

function failures(contestants: readonly Contestant[]): string[] {
  return contestants.flatMap(({ name, figures }) =>
    Object.entries(figures.failures).map(([what, count]) => `${name}: ${formatCount(count)} answers were wrong: ${what}`)
  )
}

function legend({ plan, contestants }: Results): string {
  const { requests } = plan
  const seconds = (ms: number) => `${ms / 1000} s`
  return [
    ...contestants.map(({ name, version, setup }) => `- ${name}${version === '' ? '' : ` ${version}`}: ${setup}`),
    `- Medians of ${plan.rounds} rounds, in brackets the least and the most of one. Contestants take turns; seed ${plan.seed}.`,
    `- p50 and p99: one request at a time for ${seconds(plan.latencyMs)}; added: less that of going direct in the same round.`,
    `- requests/s: ${plan.connections} connections for ${seconds(plan.throughputMs)}, each with one request at a time.`,
    `- stream: ${plan.streams} at a time of ${plan.floodTokens} tokens, as fast as they are read; time over tokens, less going direct's.`,
    `- token delay: ${plan.pacedStreams} streams at a time, a token every ${plan.pacedIntervalMs} ms; from backend to client, less going direct's.`,
    `- RSS before and after ${formatCount(requests)} requests after the rounds; CPU: of the gateway's processes over these requests.`
  ].join('\n')
}

/** The page that the benchmark prints. */
export function reportOf(results: Results): string {
  const { title, machine, contestants, unavailable } = results
  return [
    title,
    `Node ${machine.node}, ${machine.platform}, ${machine.cpus} CPUs (${machine.cpu}), ${machine.memoryGb} GB`,
    table(HEAD, contestants.map(row)),
    ratios(contestants),
    legend(results),
    [...failures(contestants), ...unavailable.map(({ name, reason }) => `not ${name}: ${reason}`)].join('\n')
  ]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n')
}
