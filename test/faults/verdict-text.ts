import { formatCount, formatMs } from '../../src/experiment/format.ts'
import type { Verdict } from './verdict.ts'

const MOST_VIOLATIONS = 40

function rowsOf(verdict: Verdict): readonly (readonly [string, string | number])[] {
  const { audit, errors, latencyMs, servers, troubles } = verdict
  const { open, matched } = audit
  return [
    ['requests', verdict.requests],
    ['complete answers', verdict.complete],
    ['  of those continued mid-stream', verdict.continued],
    ['  of those after a failed attempt', audit.retried],
    ['  of those hedged', audit.hedged],
    ['clients that left on purpose', verdict.left],
    ...Object.entries(errors).map(([kind, count]) => [`explicit: ${kind}`, count] as const),
    ['silent losses', verdict.silentLosses],
    ['wrong bodies', verdict.wrongBodies],
    ['latency p50', formatMs(latencyMs.p50)],
    ['latency p99', formatMs(latencyMs.p99)],
    ...Object.entries(servers).map(([name, count]) => [`answered by ${name}`, count] as const),
    ...Object.entries(troubles).map(([what, count]) => [`trouble: ${what}`, count] as const),
    ...verdict.away.map(({ how, forMs }) => [`router away: ${how}`, formatMs(forMs)] as const),
    ['journal: decisions', audit.decisions],
    ['journal: outcomes', audit.outcomes],
    ['journal: successes', audit.successes],
    ['  of complete answers', matched.complete],
    ['  of clients that left', matched.left],
    ['  of clients that the SIGKILL cut off', matched.killed],
    ['complete answers whose success the SIGKILL took', audit.completeKilled],
    ['  the first of them, before the SIGKILL', formatMs(audit.completeKilledAheadMs)],
    ...Object.entries(audit.failures).map(([reason, count]) => [`journal: failures, ${reason}`, count] as const),
    ['decisions without outcome: hedge losers', open.hedgeLosers],
    ['decisions without outcome: clients that left', open.left],
    ['decisions without outcome: cut by the SIGKILL', open.killed]
  ]
}

/** The figures as a table, and everything that must not be. */
export function verdictText(verdict: Verdict): string {
  const { violations, durationMs } = verdict
  const rows = rowsOf(verdict).map(([name, value]) => [name, typeof value === 'number' ? formatCount(value) : value] as const)
  const width = Math.max(...rows.map(([name]) => name.length))
  const wide = Math.max(...rows.map(([, value]) => value.length))
  const more = violations.length - MOST_VIOLATIONS
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value.padStart(wide)}`),
    '',
    violations.length === 0 ? `Everything held, in ${formatMs(durationMs)}.` : `${violations.length} violations:`,
    ...violations.slice(0, MOST_VIOLATIONS).map((violation) => `  ${violation}`),
    ...(more > 0 ? [`  and ${more} more`] : [])
  ].join('\n')
}
