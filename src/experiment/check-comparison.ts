import { show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { FAILURE_REASONS } from '../job/outcome.ts'
import { SIDES } from './comparison-types.ts'
import type { ComparisonReport } from './comparison-types.ts'

type Check = (path: string, value: unknown) => void

function refuse(path: string, wanted: string, value: unknown): never {
  const shown = value === undefined ? 'nothing' : show(value)
  throw new PeerbanditError(
    'ERR_SNAPSHOT',
    `comparison report: ${path} must be ${wanted}, got ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`
  )
}

const number: Check = (path, value) => {
  if (!(typeof value === 'number' && Number.isFinite(value))) refuse(path, 'a finite number', value)
}
const atLeast =
  (least: number): Check =>
  (path, value) => {
    if (!(typeof value === 'number' && value >= least && value < Infinity))
      refuse(path, `a finite number of at least ${least}`, value)
  }
const ratio: Check = (path, value) => {
  if (!(typeof value === 'number' && value >= 0 && value <= 1)) refuse(path, 'between 0 and 1', value)
}
const text: Check = (path, value) => {
  if (typeof value !== 'string') refuse(path, 'a string', value)
}
const correlation: Check = (path, value) => {
  if (!(typeof value === 'number' && value >= -1 && value <= 1)) refuse(path, 'between -1 and 1', value)
}
const flag: Check = (path, value) => {
  if (typeof value !== 'boolean') refuse(path, 'true or false', value)
}
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (path, value) => {
    if (!allowed.includes(value)) refuse(path, allowed.map(show).join(' or '), value)
  }
const nullable =
  (check: Check): Check =>
  (path, value) => {
    if (value !== null) check(path, value)
  }
const optional =
  (check: Check): Check =>
  (path, value) => {
    if (value !== undefined) check(path, value)
  }
const listOf =
  (check: Check): Check =>
  (path, value) => {
    if (!Array.isArray(value)) refuse(path, 'a list', value)
    value.forEach((item, index) => {
      check(`${path}[${index}]`, item)
    })
  }

function asObject(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value)
  return value as Readonly<Record<string, unknown>>
}

/** Checks every field that the type has, so that a field added to the type and forgotten here does not compile. */
const shape =
  <T>(checks: { readonly [K in keyof Required<T>]: Check }): Check =>
  (path, value) => {
    const object = asObject(path, value)
    for (const [key, check] of Object.entries<Check>(checks)) check(path === '' ? key : `${path}.${key}`, object[key])
  }
const recordOf =
  (check: Check): Check =>
  (path, value) => {
    for (const [key, item] of Object.entries(asObject(path, value))) check(`${path}.${key}`, item)
  }

const count = atLeast(0)
const side = shape<ComparisonReport['adaptive']>({
  jobs: atLeast(1),
  meanMs: count,
  p50Ms: count,
  p95Ms: count,
  p99Ms: count,
  successRatio: ratio,
  tokensPerSecond: count,
  attempts: count,
  firstTokenP50Ms: nullable(count),
  first100MeanMs: count
})
const interval = shape<ComparisonReport['comparison']['meanDifferenceMs']>({ estimate: number, low: number, high: number })
const belief = shape<NonNullable<ComparisonReport['arms'][number]['belief']>>({ mean: number, spread: count, weight: count })
const arm = shape<ComparisonReport['arms'][number]>({
  arm: text,
  share: ratio,
  jobs: count,
  meanReward: nullable(ratio),
  belief: nullable(belief)
})
const peer = shape<ComparisonReport['peers'][number]>({
  name: text,
  peerId: text,
  profile: text,
  incident: optional(text),
  claimedTokensPerSecond: count,
  observedTokensPerSecond: nullable(count),
  rttMs: nullable(count),
  adaptiveShare: ratio,
  staticShare: ratio,
  adaptiveSuccess: nullable(ratio),
  staticSuccess: nullable(ratio)
})
const slice = shape<ComparisonReport['timeline'][number]>({
  atMs: count,
  adaptiveMeanMs: nullable(count),
  staticMeanMs: nullable(count),
  adaptiveArms: recordOf(count)
})
const row = shape<ComparisonReport['rows'][number]>({
  side: oneOf(...SIDES),
  index: count,
  arrivalMs: count,
  durationMs: count,
  firstTokenMs: nullable(count),
  ok: flag,
  failure: optional(oneOf(...FAILURE_REASONS)),
  attempts: atLeast(1),
  peer: text,
  arm: text,
  workloadClass: text,
  promptTokens: count,
  outputTokens: count,
  decisionMicros: count,
  reward: ratio
})
const report = shape<ComparisonReport>({
  format: oneOf('peerbandit-comparison'),
  version: oneOf(1),
  seed: number,
  jobs: atLeast(1),
  unpairedJobs: count,
  minutes: count,
  workload: text,
  utilisation: count,
  startedAt: text,
  command: text,
  adaptive: side,
  static: side,
  comparison: shape<ComparisonReport['comparison']>({
    meanRatio: count,
    p99Ratio: count,
    meanDifferenceMs: interval,
    verdict: text
  }),
  arms: listOf(arm),
  agreement: shape<ComparisonReport['agreement']>({
    algorithms: count,
    decisions: count,
    topShare: nullable(ratio),
    meanDistinct: nullable(atLeast(1)),
    meanTau: nullable(correlation)
  }),
  peers: listOf(peer),
  decisionMicros: count,
  decisionMicrosP99: count,
  incidents: listOf(shape<ComparisonReport['incidents'][number]>({ atMs: number, text })),
  learnedFrom: shape<ComparisonReport['learnedFrom']>({ outcomes: count, journal: text }),
  timeline: listOf(slice),
  rows: listOf(row)
})

/**
 * Checks what was read from a report file: every field, its kind and its range.
 * @throws ERR_SNAPSHOT naming the first field that does not hold
 */
export function checkComparisonReport(value: unknown): ComparisonReport {
  report('', value)
  return value as ComparisonReport
}
