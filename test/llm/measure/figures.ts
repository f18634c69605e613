import { meanOf, quantileOfSorted, sortedCopy } from '../../../src/math/quantile.ts'
import { SERVER_NAMES, type ServerName } from './fleet.ts'
import type { Result } from './replay.ts'

export interface Spread {
  readonly mean: number
  readonly p50: number
  readonly p95: number
}

/** What came of the jobs of one contestant. Times are of those that were answered, ms. */
export interface Figures {
  readonly answered: number
  readonly failed: number
  /** Why they failed, and how many. */
  readonly reasons: Readonly<Record<string, number>>
  readonly durationMs: Spread | null
  readonly firstTokenMs: Spread | null
  /** Output tokens over the time of their jobs. */
  readonly tokensPerSecond: number | null
  /** Of the answered jobs, by the server that began the answer. */
  readonly shares: Readonly<Record<ServerName, number>>
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const sorted = sortedCopy(values)
  return { mean: meanOf(values), p50: quantileOfSorted(sorted, 0.5), p95: quantileOfSorted(sorted, 0.95) }
}

function counts(values: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const value of values) counted[value] = (counted[value] ?? 0) + 1
  return counted
}

export function figuresOf(results: readonly Result[]): Figures {
  const answers = results.flatMap((result) => (result.kind === 'answered' ? [result.answer] : []))
  const reasons = counts(results.flatMap((result) => (result.kind === 'failed' ? [result.why] : [])))
  const busyMs = answers.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const tokens = answers.reduce((sum, { outputTokens }) => sum + outputTokens, 0)
  const byPeer = counts(answers.map(({ peer }) => peer))
  const share = (name: ServerName) => (answers.length === 0 ? 0 : (byPeer[name] ?? 0) / answers.length)
  return {
    answered: answers.length,
    failed: results.length - answers.length,
    reasons,
    durationMs: spreadOf(answers.map(({ durationMs }) => durationMs)),
    firstTokenMs: spreadOf(answers.map(({ firstTokenMs }) => firstTokenMs)),
    tokensPerSecond: busyMs === 0 ? null : (1000 * tokens) / busyMs,
    shares: Object.fromEntries(SERVER_NAMES.map((name) => [name, share(name)])) as Record<ServerName, number>
  }
}
