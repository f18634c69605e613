import { SIDES } from '../experiment/comparison-types.ts'
import { formatClock, formatCount, formatMs, formatNumber, formatPercent, MISSING, orMissing } from '../experiment/format.ts'
import type { ArmStatus, LiveStatus, PeerStatus } from './live-status.ts'
import { bar, cell, renderLine } from './terminal-text.ts'
import type { Span, Style } from './terminal-text.ts'

export interface RenderOptions {
  /** ANSI colours. @default false */
  readonly color?: boolean
}

/** Lines longer than this are hard to follow with the eye. */
const MOST_COLUMNS = 110
const MOST_INCIDENTS = 3
const NAME = 22

type Line = readonly Span[]

const SIDE_STYLES = { adaptive: 'cyan', static: 'yellow' } as const

function dim(text: string): Line {
  return [{ text, style: 'dim' }]
}

function right(text: string, width: number): string {
  return cell(text, width, 'right')
}

function progressRatio({ sides, totalJobs }: LiveStatus): number {
  const done = Math.min(sides.adaptive.done, sides.static.done)
  return totalJobs > 0 ? Math.min(1, done / totalJobs) : 0
}

function headLines(status: LiveStatus, columns: number): readonly Line[] {
  const ratio = progressRatio(status)
  const title: Line = [
    { text: 'peerbandit', style: 'bold' },
    { text: `  ${formatClock(status.elapsedMs)}   ${formatCount(status.totalJobs)} jobs through each of two swarms` }
  ]
  return [title, [{ text: bar(ratio, columns - 5), style: 'green' }, { text: right(`${Math.floor(ratio * 100)} %`, 5) }]]
}

function sideLines({ sides }: LiveStatus): readonly Line[] {
  const header = ['done', 'in flight', 'failed', 'mean', 'p95', 'tokens/s'].map((name) => right(name, 10)).join('')
  const lines = SIDES.map((side): Line => {
    const { done, inFlight, failed, meanMs, p95Ms, tokensPerSecond } = sides[side]
    const failures = { text: right(formatCount(failed), 10), ...(failed > 0 ? { style: 'red' as Style } : {}) }
    const speeds = [orMissing(meanMs, formatMs), orMissing(p95Ms, formatMs), formatNumber(tokensPerSecond)]
    return [
      { text: cell(side, 10), style: SIDE_STYLES[side] },
      { text: right(formatCount(done), 10) + right(formatCount(inFlight), 10) },
      failures,
      { text: speeds.map((text) => right(text, 10)).join('') }
    ]
  })
  return [dim(cell('', 10) + header), ...lines]
}

function armLine({ arm, share, belief }: ArmStatus, barWidth: number): Line {
  return [
    { text: `${cell(arm, NAME)}${right(formatPercent(share), 9)}${right(orMissing(belief, formatNumber), 10)}  ` },
    { text: bar(share, barWidth), style: 'cyan' }
  ]
}

function armLines({ arms }: LiveStatus, columns: number): readonly Line[] {
  if (arms.length === 0) return []
  const header = dim(`${cell('arm', NAME)}${right('followed', 9)}${right('believed', 10)}`)
  const barWidth = Math.max(0, columns - NAME - 21)
  return [header, ...arms.toSorted((a, b) => b.share - a.share).map((arm) => armLine(arm, barWidth)), []]
}

/** What a line of a peer takes without its bars. */
const PEER_COLUMNS = 79

function peerLine(peer: PeerStatus, barWidth: number): Line {
  const observed = orMissing(peer.observedTokensPerSecond, formatNumber)
  const state: Span = peer.connected ? { text: cell('up', 5), style: 'green' } : { text: cell('down', 5), style: 'red' }
  return [
    { text: cell(peer.name, 19) },
    state,
    { text: `${right(formatCount(peer.inFlight), 4)}  ${cell(peer.load, 10)}` },
    { text: right(observed, 9) + right(formatNumber(peer.claimedTokensPerSecond), 9) },
    { text: right(formatPercent(peer.shareAdaptive), 10), style: SIDE_STYLES.adaptive },
    { text: ` ${bar(peer.shareAdaptive, barWidth)}`, style: SIDE_STYLES.adaptive },
    { text: right(formatPercent(peer.shareStatic), 9), style: SIDE_STYLES.static },
    { text: ` ${bar(peer.shareStatic, barWidth)}`, style: SIDE_STYLES.static }
  ]
}

function peerLines({ peers }: LiveStatus, columns: number): readonly Line[] {
  if (peers.length === 0) return []
  const barWidth = Math.max(0, Math.floor((columns - PEER_COLUMNS) / 2))
  const numbers = `${right('jobs', 4)}  ${cell('load', 10)}${right('tokens/s', 9)}${right('claimed', 9)}`
  const shares = `${right('adaptive', 10)} ${cell('', barWidth)}${right('static', 9)}`
  return [dim(`${cell('peer', 19)}${cell('link', 5)}${numbers}${shares}`), ...peers.map((peer) => peerLine(peer, barWidth)), []]
}

function incidentLines({ incidents }: LiveStatus): readonly Line[] {
  return incidents
    .slice(-MOST_INCIDENTS)
    .map(({ atMs, text }) => [{ text: right(formatClock(atMs), 6), style: 'dim' }, { text: cell(`  ${text}`, MOST_COLUMNS) }])
}

/** The whole view as lines of at most `columns` characters (not counting colour codes). */
export function renderStatus(status: LiveStatus, columns: number, { color = false }: RenderOptions = {}): readonly string[] {
  const width = Math.min(MOST_COLUMNS, columns)
  const lines = [
    ...headLines(status, width),
    [],
    ...sideLines(status),
    [],
    ...armLines(status, width),
    ...peerLines(status, width),
    ...incidentLines(status)
  ]
  return lines.map((line) => renderLine(line, width, color))
}

/** The state of the run in one line, for logs and pipes. */
export function renderProgress(status: LiveStatus): string {
  const sides = SIDES.map((side) => {
    const { done, failed, meanMs } = status.sides[side]
    return `${side} ${formatCount(done)} done, ${formatCount(failed)} failed, mean ${meanMs === null ? MISSING : formatMs(meanMs)}`
  })
  return `${formatClock(status.elapsedMs)}  ${Math.floor(progressRatio(status) * 100)} %  ${sides.join('; ')}`
}
