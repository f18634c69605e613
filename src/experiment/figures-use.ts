import type { ArmReport, ComparisonReport, PeerReport } from './comparison-types.ts'
import { drawFigure } from './drawing.ts'
import type { Drawing } from './drawing.ts'
import { axisTitle, GRID, HALF, WIDE } from './figure-style.ts'
import { clockTicks, runEndMs, SIDE_COLORS } from './figures-latency.ts'
import { formatClock, printable } from './format.ts'
import type { Markup } from './markup.ts'

/** More colours than this cannot be told apart by everybody. */
const NAMED_ARMS = 5

export interface ArmGroup {
  readonly name: string
  readonly color: string
  readonly arms: readonly string[]
}

/** Arms as the figures and the table list them: those that were followed most come first. */
export function byShare(arms: readonly ArmReport[]): readonly ArmReport[] {
  return arms.toSorted((a, b) => b.share - a.share)
}

/** The arms that were followed most, each with a colour, and the rest as one group. */
export function groupArms(arms: readonly ArmReport[]): readonly ArmGroup[] {
  const followed = byShare(arms).map(({ arm }) => arm)
  const named = followed.slice(0, NAMED_ARMS).map((arm, index) => ({ name: arm, color: `var(--arm-${index + 1})`, arms: [arm] }))
  const rest = followed.slice(NAMED_ARMS)
  return rest.length === 0 ? named : [...named, { name: `${rest.length} others`, color: 'var(--arm-rest)', arms: rest }]
}

interface StackedBar {
  readonly x1: number
  readonly x2: number
  readonly y1: number
  readonly y2: number
  readonly color: string
}

function stackedBars(report: ComparisonReport, groups: readonly ArmGroup[]): readonly StackedBar[] {
  const sliceMs = (report.timeline[0]?.atMs ?? 0.5) * 2
  return report.timeline.flatMap(({ atMs, adaptiveArms }) => {
    const jobs = Object.values(adaptiveArms).reduce((sum, count) => sum + count, 0)
    let below = 0
    return groups.flatMap(({ arms, color }) => {
      const count = arms.reduce((sum, arm) => sum + (adaptiveArms[arm] ?? 0), 0)
      if (count === 0) return []
      const bar = { x1: atMs - sliceMs / 2, x2: atMs + sliceMs / 2, y1: below, y2: below + count / jobs, color }
      below = bar.y2
      return [bar]
    })
  })
}

/** Shares of the jobs that followed each arm, over the run. */
export function armsFigure(drawing: Drawing, report: ComparisonReport): Markup {
  const { plot } = drawing
  const endMs = runEndMs(report)
  return drawFigure(drawing, 'Share of jobs that followed each arm, over the run.', {
    width: WIDE,
    height: 260,
    marginLeft: 64,
    marginRight: 24,
    marginTop: 12,
    marginBottom: 44,
    x: { domain: [0, endMs] },
    y: { domain: [0, 1] },
    marks: [
      plot.rect(stackedBars(report, groupArms(report.arms)), {
        x1: 'x1',
        x2: 'x2',
        y1: 'y1',
        y2: 'y2',
        fill: 'color',
        insetLeft: 0.75,
        insetRight: 0.75,
        insetTop: 0.75
      }),
      plot.axisY([0, 0.25, 0.5, 0.75, 1], { label: null, tickFormat: wholePercent, tickSize: 0 }),
      plot.axisX(clockTicks(endMs), { ...axisTitle('time since the start'), tickFormat: formatClock, tickSize: 4 })
    ]
  })
}

function wholePercent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`
}

// The rows of the figure are those of the table beside it: as high, and as far down.
const TABLE_ROW = 40.25
const BELIEF_HEAD = 37
const BELIEF_FOOT = 44

/** What the policy believes of each arm: the estimate and its interval. */
export function beliefFigure(drawing: Drawing, report: ComparisonReport): Markup {
  const { plot } = drawing
  const colors = new Map(groupArms(report.arms).flatMap(({ arms, color }) => arms.map((arm) => [arm, color])))
  const arms = byShare(report.arms)
  const points = arms.flatMap(({ arm, belief }, row) => (belief === null ? [] : [{ row, color: colors.get(arm), ...belief }]))
  return drawFigure(drawing, 'Reward that each arm is believed to earn, with what is credible around it.', {
    width: HALF,
    height: BELIEF_HEAD + TABLE_ROW * arms.length + BELIEF_FOOT,
    marginLeft: 150,
    marginRight: 16,
    marginTop: BELIEF_HEAD,
    marginBottom: BELIEF_FOOT,
    x: { nice: true },
    y: { type: 'band', domain: arms.map((_, row) => row), padding: 0, round: false },
    marks: [
      plot.gridX({ ...GRID, ticks: 5 }),
      plot.axisY({ label: null, tickSize: 0, tickFormat: namesOf(arms.map(({ arm }) => arm)), fill: 'var(--text)' }),
      plot.axisX({ ...axisTitle('believed reward'), ticks: 5, tickSize: 0 }),
      plot.link(points, {
        x1: ({ mean, spread }: (typeof points)[number]) => mean - spread,
        x2: ({ mean, spread }: (typeof points)[number]) => mean + spread,
        y: 'row',
        stroke: 'color',
        strokeWidth: 3,
        strokeLinecap: 'round'
      }),
      plot.dot(points, { x: 'mean', y: 'row', r: 5.5, fill: 'color', stroke: 'var(--surface)', strokeWidth: 1.5 })
    ]
  })
}

const LONGEST_NAME = 20

/** A name that fits beside a figure. */
function shortName(name: string): string {
  const characters = [...printable(name)]
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME - 1).join('')}…` : characters.join('')
}

/** Tick labels of a band axis of row numbers: names may be alike once they are cut, rows may not. */
function namesOf(names: readonly string[]): (row: number) => string {
  const short = names.map(shortName)
  return (row) => short[row] ?? ''
}

/** Peers as the figures and the table list them: those that the adaptive side used most come first. */
export function byUse(peers: readonly PeerReport[]): readonly PeerReport[] {
  return peers.toSorted((a, b) => b.adaptiveShare - a.adaptiveShare)
}

const PEER_ROW = 34
const PEER_PADDING = 0.28
const HALF_BAND = (PEER_ROW * (1 - PEER_PADDING)) / 2

/** Both figures of peers have the same frame and the same rows, so that they line up. */
function peerFrame(peers: readonly PeerReport[]) {
  const [marginTop, marginBottom] = [4, 44]
  return {
    width: HALF,
    height: PEER_ROW * (peers.length + PEER_PADDING) + marginTop + marginBottom,
    marginTop,
    marginBottom,
    marginLeft: 140,
    marginRight: 24,
    y: { type: 'band', domain: peers.map((_, row) => row), padding: PEER_PADDING, round: false }
  } as const
}

/** Share of the jobs that each peer got, on both sides. */
export function peerShareFigure(drawing: Drawing, report: ComparisonReport): Markup {
  const { plot } = drawing
  const peers = byUse(report.peers)
  const bars = peers.map(({ adaptiveShare, staticShare }, row) => ({ row, adaptiveShare, staticShare }))
  return drawFigure(drawing, 'Share of the jobs that each peer got, adaptive and static.', {
    ...peerFrame(peers),
    marks: [
      plot.gridX({ ...GRID, ticks: 5 }),
      plot.axisY({ label: null, tickSize: 0, tickFormat: namesOf(peers.map(({ name }) => name)), fill: 'var(--text)' }),
      plot.axisX({ ...axisTitle('share of jobs'), ticks: 5, tickFormat: wholePercent, tickSize: 0 }),
      plot.barX(bars, { x: 'adaptiveShare', y: 'row', fill: SIDE_COLORS.adaptive, insetBottom: HALF_BAND + 0.5 }),
      plot.barX(bars, { x: 'staticShare', y: 'row', fill: SIDE_COLORS.static, insetTop: HALF_BAND + 0.5 })
    ]
  })
}

/** What each peer says of its speed, and what was seen of it. */
export function peerSpeedFigure(drawing: Drawing, report: ComparisonReport): Markup {
  const { plot } = drawing
  const peers = byUse(report.peers)
  const points = peers.map((peer, row) => ({
    row,
    claimed: peer.claimedTokensPerSecond,
    observed: peer.observedTokensPerSecond
  }))
  const seen = points.filter(({ observed }) => observed !== null)
  return drawFigure(drawing, 'Tokens per second that each peer claims, and that were observed.', {
    ...peerFrame(peers),
    x: { zero: true, nice: true },
    marks: [
      plot.gridX({ ...GRID, ticks: 5 }),
      plot.axisY({ label: null, tickSize: 0, tickFormat: namesOf(peers.map(({ name }) => name)), fill: 'var(--text)' }),
      plot.axisX({ ...axisTitle('tokens per second'), ticks: 5, tickSize: 0 }),
      plot.link(seen, { x1: 'observed', x2: 'claimed', y: 'row', stroke: 'var(--muted)', strokeWidth: 1.5 }),
      plot.dot(points, { x: 'claimed', y: 'row', r: 5, fill: 'var(--surface)', stroke: 'var(--muted)', strokeWidth: 2 }),
      plot.dot(seen, { x: 'observed', y: 'row', r: 5.5, fill: 'var(--adaptive)' })
    ]
  })
}
