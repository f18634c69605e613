import { systemClock } from '../core/clock.ts'
import type { Side } from '../experiment/comparison-types.ts'
import { meanOf, quantile } from '../math/quantile.ts'
import { DEMO_MODEL } from './demo-plan.ts'
import type { DemoSide } from './demo-side.ts'
import type { DemoState } from './demo.ts'
import type { ArmStatus, LiveStatus, PeerStatus, SideStatus } from './live-status.ts'

/** What the live view shows of a run in progress. */
export function demoStatus({ plan, sides, totalJobs, elapsedMs, incidents }: DemoState): LiveStatus {
  return {
    elapsedMs,
    totalJobs,
    sides: { adaptive: sideStatus(sides.adaptive, elapsedMs), static: sideStatus(sides.static, elapsedMs) },
    arms: armStatuses(sides.adaptive),
    peers: plan.workers.map(({ name }) => peerStatus(name, sides)),
    incidents
  }
}

function sideStatus({ rows, inFlight }: DemoSide, elapsedMs: number): SideStatus {
  const durations = rows.map((row) => row.durationMs)
  return {
    done: rows.length,
    inFlight,
    failed: rows.filter((row) => !row.ok).length,
    meanMs: rows.length === 0 ? null : meanOf(durations),
    p95Ms: rows.length === 0 ? null : quantile(durations, 0.95),
    tokensPerSecond: elapsedMs > 0 ? (1000 * rows.reduce((sum, row) => sum + row.outputTokens, 0)) / elapsedMs : 0
  }
}

function share(rows: DemoSide['rows'], of: (row: DemoSide['rows'][number]) => boolean): number {
  return rows.length === 0 ? 0 : rows.filter(of).length / rows.length
}

function armStatuses({ node, rows }: DemoSide): ArmStatus[] {
  const beliefs = node.policy.beliefs({ workloadClass: 'interactive', atMs: systemClock.wall() })
  return beliefs.map(({ arm, mean }) => ({ arm, share: share(rows, (row) => row.arm === arm), belief: mean ?? null }))
}

function peerStatus(name: string, sides: Readonly<Record<Side, DemoSide>>): PeerStatus {
  const { node, swarm, rows } = sides.adaptive
  const peer = swarm.workers.find((worker) => worker.name === name)?.peer ?? ''
  const row = node.table.rowOf(peer)
  const shares = {
    shareAdaptive: share(rows, (job) => job.peer === name),
    shareStatic: share(sides.static.rows, (job) => job.peer === name)
  }
  if (row < 0) {
    return { name, connected: false, inFlight: 0, load: '–', ...shares, observedTokensPerSecond: null, claimedTokensPerSecond: 0 }
  }
  const { load, inFlight, outcomes, claims } = node.table.evidence(row, systemClock.wall())
  return {
    name,
    connected: node.watch.members(DEMO_MODEL).includes(peer),
    inFlight,
    load: load === undefined ? '–' : `${load.running}/${load.slots}${load.queued > 0 ? ` +${load.queued}` : ''}`,
    ...shares,
    observedTokensPerSecond: outcomes.tokensPerSecond ?? null,
    claimedTokensPerSecond: claims?.tokensPerSecond ?? 0
  }
}
