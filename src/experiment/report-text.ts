import type { ArmReport, ComparisonReport, PeerReport, SideSummary } from './comparison-types.ts'
import {
  formatClock,
  formatCount,
  formatFactor,
  formatMs,
  formatNumber,
  formatPercent,
  orMissing,
  printable,
  MISSING
} from './format.ts'

const WIDTH = 100
const MOST_ARMS = 6
const MOST_PEERS = 10

/** A figure of both sides: its name, the value of a side, how it is printed. */
interface Figure {
  readonly name: string
  readonly of: (side: SideSummary) => number | null
  readonly format: (value: number) => string
  readonly better: 'low' | 'high'
}

/** The figures that the text and the page both show, in this order. */
export const FIGURES: readonly Figure[] = [
  { name: 'Mean time per job', of: (side) => side.meanMs, format: formatMs, better: 'low' },
  { name: 'Median', of: (side) => side.p50Ms, format: formatMs, better: 'low' },
  { name: '95th percentile', of: (side) => side.p95Ms, format: formatMs, better: 'low' },
  { name: '99th percentile', of: (side) => side.p99Ms, format: formatMs, better: 'low' },
  { name: 'Median to first token', of: (side) => side.firstTokenP50Ms, format: formatMs, better: 'low' },
  { name: 'Mean, first 100 jobs', of: (side) => side.first100MeanMs, format: formatMs, better: 'low' },
  { name: 'Jobs that succeeded', of: (side) => side.successRatio, format: formatPercent, better: 'high' },
  { name: 'Output tokens per second', of: (side) => side.tokensPerSecond, format: formatNumber, better: 'high' },
  { name: 'Attempts per job', of: (side) => side.attempts / side.jobs, format: formatNumber, better: 'low' }
]

/** Adaptive over static, or a dash where there is no ratio. */
export function ratioText(adaptive: number | null, fixed: number | null): string {
  return adaptive === null || fixed === null || fixed === 0 ? MISSING : formatFactor(adaptive / fixed)
}

function fit(text: string, width: number): string {
  const characters = [...printable(text)]
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : characters.join('').padEnd(width)
}

function wrap(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function figureLines({ adaptive, static: fixed }: ComparisonReport): readonly string[] {
  const header = `${fit('', 26)}${'adaptive'.padStart(12)}${'static'.padStart(12)}${'ratio'.padStart(10)}`
  const lines = FIGURES.map(({ name, of, format }) => {
    const [ours, theirs] = [of(adaptive), of(fixed)]
    const values = `${orMissing(ours, format).padStart(12)}${orMissing(theirs, format).padStart(12)}`
    return `${fit(name, 26)}${values}${ratioText(ours, theirs).padStart(10)}`
  })
  return [header, ...lines]
}

function armLine({ arm, share, meanReward, belief }: ArmReport): string {
  const believed = belief === null ? MISSING : `${formatNumber(belief.mean)} ± ${formatNumber(belief.spread)}`
  return `${fit(arm, 26)}${formatPercent(share).padStart(12)}${orMissing(meanReward, formatNumber).padStart(12)}${believed.padStart(18)}`
}

function armLines(arms: readonly ArmReport[]): readonly string[] {
  const followed = arms.toSorted((a, b) => b.share - a.share)
  const rest = followed.slice(MOST_ARMS)
  const header = `${fit('Arm', 26)}${'followed'.padStart(12)}${'reward'.padStart(12)}${'believed'.padStart(18)}`
  const lines = followed.slice(0, MOST_ARMS).map(armLine)
  if (rest.length === 0) return [header, ...lines]
  const restShare = rest.reduce((sum, arm) => sum + arm.share, 0)
  return [header, ...lines, `${fit(`${rest.length} others`, 26)}${formatPercent(restShare).padStart(12)}`]
}

function peerLine(peer: PeerReport): string {
  const speeds = `${orMissing(peer.observedTokensPerSecond, formatNumber).padStart(10)}${formatNumber(peer.claimedTokensPerSecond).padStart(10)}`
  const shares = `${formatPercent(peer.adaptiveShare).padStart(12)}${formatPercent(peer.staticShare).padStart(12)}`
  return `${fit(peer.name, 18)} ${fit(peer.profile, 15)} ${speeds}${shares}  ${fit(peer.incident ?? '', 19)}`.trimEnd()
}

function peerLines(peers: readonly PeerReport[]): readonly string[] {
  const used = peers.toSorted((a, b) => b.adaptiveShare - a.adaptiveShare)
  const columns = `${'tokens/s'.padStart(10)}${'claimed'.padStart(10)}${'adaptive'.padStart(12)}${'static'.padStart(12)}`
  const header = `${fit('Peer', 18)} ${fit('profile', 15)} ${columns}  incident`
  const hidden = used.length - MOST_PEERS
  return [header, ...used.slice(0, MOST_PEERS).map(peerLine), ...(hidden > 0 ? [`and ${hidden} more`] : [])]
}

function agreementLine({ agreement }: ComparisonReport): readonly string[] {
  if (agreement.topShare === null || agreement.meanDistinct === null) return []
  const all = `all ${agreement.algorithms} weighted algorithms meant the same peer`
  const correlation = agreement.meanTau === null ? '' : `, and ranked them with a τ of ${agreement.meanTau.toFixed(2)}`
  return wrap(
    `In ${formatPercent(agreement.topShare)} of the decisions ${all}; on average they named ${formatNumber(agreement.meanDistinct)} peers${correlation}.`
  )
}

function footLines(report: ComparisonReport): readonly string[] {
  const jobs = `${formatCount(report.jobs)} jobs in ${formatClock(report.minutes * 60_000)} min`
  const decision = `choosing a peer took ${formatNumber(report.decisionMicros)} µs (99th percentile ${formatNumber(report.decisionMicrosP99)} µs)`
  return wrap(`${jobs}, seed ${report.seed}; ${decision}.`)
}

/** The comparison for a terminal: at most 40 lines of at most 100 columns, no colour, no line break at the end. */
export function renderReportText(report: ComparisonReport): string {
  return [
    ...wrap(report.comparison.verdict),
    '',
    ...figureLines(report),
    '',
    ...armLines(report.arms),
    ...agreementLine(report),
    '',
    ...peerLines(report.peers),
    ...footLines(report)
  ].join('\n')
}
