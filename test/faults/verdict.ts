import { quantile } from '../../src/math/quantile.ts'
import type { Audit } from './audit.ts'
import type { Asking, EndingKind } from './client.ts'
import type { Away } from './processes.ts'
import type { FaultRun } from './run.ts'

/** How long after the router serves again a connection of before may still fail, ms. */
const AWAY_MARGIN_MS = 1_000

export interface Verdict {
  readonly options: FaultRun['options']
  readonly durationMs: number
  readonly requests: number
  readonly complete: number
  /** Complete answers that several servers wrote. */
  readonly continued: number
  readonly left: number
  /** How long the router was away each time, ms. */
  readonly away: readonly { readonly how: Away['how']; readonly forMs: number }[]
  /** Explicit errors, by kind and code. */
  readonly errors: Readonly<Record<string, number>>
  readonly silentLosses: number
  readonly wrongBodies: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  /** Complete answers that each server ended. */
  readonly servers: Readonly<Record<string, number>>
  readonly troubles: Readonly<Record<string, number>>
  readonly audit: Audit
  /** Everything that must not be. */
  readonly violations: readonly string[]
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** A broken connection is an explicit error while the router is away; while it drains, only to who has no answer yet. */
function mayBreak({ endMs, begun }: Asking, aways: readonly Away[]): boolean {
  return aways.some(({ how, fromMs, toMs }) => {
    const isThen = endMs >= fromMs && endMs <= toMs + AWAY_MARGIN_MS
    return isThen && (how === 'SIGKILL' || !begun)
  })
}

/** The router itself broke, asked a server for what makes no sense, or forgot its model. */
const WRONG_ERROR = /internal_error|^40[04]/

const SILENT: ReadonlySet<EndingKind> = new Set(['silent', 'hang', 'connection'])
const WRONG: ReadonlySet<EndingKind> = new Set(['wrong', 'no-error-object'])

function problemOf(asking: Asking, aways: readonly Away[]): 'silent' | 'wrong' | undefined {
  const { kind, detail } = asking.ending
  if (kind === 'connection' && mayBreak(asking, aways)) return undefined
  if (SILENT.has(kind)) return 'silent'
  const isError = kind === 'http-error' || kind === 'stream-error'
  return WRONG.has(kind) || (isError && WRONG_ERROR.test(detail)) ? 'wrong' : undefined
}

function described({ question, ending, decision, begun }: Asking, problem: string): string {
  const { nonce, api, streamed, tools } = question
  const how = `${api}, ${streamed ? 'streamed' : 'whole'}${tools ? ', with tools' : ''}${begun ? ', begun' : ''}`
  return `${problem}: ${nonce} (${how}, decision ${decision ?? 'unknown'}): ${ending.kind}: ${ending.detail}`
}

/** Answers with tools cannot be gone on from. */
function errorName({ ending: { kind, detail }, question: { api, tools } }: Asking): string {
  return `${kind} ${detail}, ${api}${tools ? ' with tools' : ''}`
}

function serverOf(asking: Asking): string {
  return asking.answers.at(-1)?.replace(/\/.*$/, '') ?? asking.peer ?? 'unknown'
}

const EXPLICIT = new Set(['http-error', 'stream-error', 'connection'])

export function verdictOf(run: FaultRun): Verdict {
  const { askings, aways, audit, options, durationMs, troubles } = run
  const problems = askings.map((asking) => ({ asking, problem: problemOf(asking, aways) }))
  const complete = askings.filter(({ ending }) => ending.kind === 'complete')
  const latencies = complete.map(({ startMs, endMs }) => endMs - startMs)
  const errors = problems.filter(({ asking, problem }) => problem === undefined && EXPLICIT.has(asking.ending.kind))
  const ends = [...aways.filter(({ how }) => how === 'SIGTERM').map(({ status }) => status), run.status]
  return {
    options,
    durationMs: Math.round(durationMs),
    requests: askings.length,
    complete: complete.length,
    continued: complete.filter(({ answers }) => answers.length > 1).length,
    left: askings.filter(({ ending }) => ending.kind === 'left').length,
    errors: counted(errors.map(({ asking }) => errorName(asking))),
    away: aways.map(({ how, fromMs, toMs }) => ({ how, forMs: Math.round(toMs - fromMs) })),
    silentLosses: problems.filter(({ problem }) => problem === 'silent').length,
    wrongBodies: problems.filter(({ problem }) => problem === 'wrong').length,
    latencyMs: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    servers: counted(complete.map(serverOf)),
    troubles: Object.fromEntries([...troubles].sort()),
    audit,
    violations: [
      ...problems.flatMap(({ asking, problem }) => (problem === undefined ? [] : [described(asking, problem)])),
      ...(askings.length === options.requests ? [] : [`${askings.length} of ${options.requests} requests ended`]),
      ...ends.filter((status) => status !== 0).map((status) => `the router ended with status ${status} when it was told to stop`),
      ...run.complaints.map((line) => `the router said: ${line}`),
      ...Object.entries(run.unfinished).map(([name, value]) => `${name} is ${value} after all`),
      ...audit.violations
    ]
  }
}
