import type { OutcomeObservation } from '../../peer/observation.ts'
import type { RivalComponents } from './rival.ts'
import { betterOfTwo, pickOne, rival } from './rule.ts'
import { msPerWorkToken, peerStates } from './seen.ts'

/** Time in which an estimate falls to 1/e. */
const DECAY_MS = 10_000
/** tower's estimate of a server that nobody has asked yet. */
const TOWER_DEFAULT_MS = 1_000
/** The same for one work token: spread over an answer of 100. */
const TOWER_DEFAULT_PER_TOKEN_MS = TOWER_DEFAULT_MS / 100
/** Long.MaxValue >> 16, in ns. */
const FINAGLE_PENALTY_MS = 2 ** 47 / 1e6
/** linkerd's (outbound, DEFAULT_EWMA). */
const LINKERD_DEFAULT_MS = 30
/** What linkerd writes down for a failure, at least. */
const LINKERD_PENALTY_MS = 5_000

/** Rises to a slow response at once, and falls towards a fast one as time passes. */
interface Estimate {
  ms: number
  /** Of the last change; undefined before anything was seen of the peer. */
  atMs: number | undefined
}

interface EstimateRule {
  readonly defaultMs: number
  readonly learn: (estimate: Estimate, seen: OutcomeObservation, nowMs: number) => void
  readonly read: (estimate: Estimate, nowMs: number) => number
  /** @default the estimate × (in flight + 1) */
  readonly cost?: (ms: number, inFlight: number) => number
}

function timesInFlight(ms: number, inFlight: number): number {
  return ms * (inFlight + 1)
}

/** The lower cost of two drawn at random. The default begins to fall when a peer is first heard of. */
function peakEwmaRule({ table, rng }: RivalComponents, { defaultMs, learn, read, cost = timesInFlight }: EstimateRule) {
  const estimates = peerStates<Estimate>(table, () => ({ ms: defaultMs, atMs: undefined }))
  table.subscribe((peer, observation, atMs) => {
    const estimate = estimates.of(peer)
    estimate.atMs ??= atMs
    if (observation.kind === 'outcome') learn(estimate, observation, atMs)
  })
  return pickOne(({ rows, count, atMs }) =>
    betterOfTwo(rng, count, (i) => cost(read(estimates.of(table.peerAt(rows[i])), atMs), table.inFlight(rows[i])))
  )
}

/** What is left of an estimate, as a share. */
function leftOf({ atMs }: Estimate, nowMs: number): number {
  return Math.exp(-Math.max(0, nowMs - (atMs ?? nowMs)) / DECAY_MS)
}

function updateTower(estimate: Estimate, sampleMs: number, nowMs: number): number {
  const left = leftOf(estimate, nowMs)
  estimate.ms = estimate.ms < sampleMs ? sampleMs : estimate.ms * left + sampleMs * (1 - left)
  estimate.atMs = nowMs
  return estimate.ms
}

/** Reading counts as a response of 0 ms and moves the time: the estimate of a peer that is only looked at falls to nothing. */
function towerRule(defaultMs: number, sampleMs: (seen: OutcomeObservation) => number): EstimateRule {
  return {
    defaultMs,
    learn: (estimate, seen, nowMs) => void updateTower(estimate, sampleMs(seen), nowMs),
    read: (estimate, nowMs) => updateTower(estimate, 0, nowMs)
  }
}

/**
 * Departures, for all four: a response ends with the last token; a job that its client cancelled leaves no sample. As in tower
 * a failure is a response like any other, so that who fails fast looks good.
 */
export const peakEwma = rival(
  { id: 'peak-ewma', title: 'Peak-EWMA (tower)', source: 'tower-rs/tower, tower/src/load/peak_ewma.rs at 8358ee7' },
  (components) =>
    peakEwmaRule(
      components,
      towerRule(TOWER_DEFAULT_MS, ({ outcome }) => outcome.durationMs)
    )
)

/** finagle's penalty: more than any estimate. */
function penalized(ms: number, inFlight: number): number {
  return ms === 0 && inFlight > 0 ? FINAGLE_PENALTY_MS + inFlight : timesInFlight(ms, inFlight)
}

/**
 * finagle's, from which tower's comes: a server of which no latency is known costs nothing while it is idle and more than any other
 * while it has a request, so that it is tried with one at a time.
 */
export const peakEwmaFinagle = rival(
  {
    id: 'peak-ewma-finagle',
    title: 'Peak-EWMA (finagle)',
    source: 'twitter/finagle, finagle-core/src/main/scala/com/twitter/finagle/loadbalancer/PeakEwma.scala at 1e8497e'
  },
  (components) => peakEwmaRule(components, { ...towerRule(0, ({ outcome }) => outcome.durationMs), cost: penalized })
)

/** The same per work token, so that a long job is not held against the peer that ran it; the default is spread likewise. */
export const peakEwmaToken = rival(
  {
    id: 'peak-ewma-token',
    title: 'Peak-EWMA per token',
    source: 'tower-rs/tower, tower/src/load/peak_ewma.rs at 8358ee7, with response times divided by the size of the job'
  },
  (components) => peakEwmaRule(components, towerRule(TOWER_DEFAULT_PER_TOKEN_MS, msPerWorkToken))
)

/** The projection to a moment; nothing is changed. */
function readLinkerd(estimate: Estimate, nowMs: number): number {
  return estimate.ms * leftOf(estimate, nowMs)
}

function learnLinkerd(estimate: Estimate, { outcome }: OutcomeObservation, nowMs: number): void {
  const projectedMs = readLinkerd(estimate, nowMs)
  const sampleMs = outcome.ok ? outcome.durationMs : Math.max(LINKERD_PENALTY_MS, projectedMs)
  const left = leftOf(estimate, nowMs)
  estimate.ms = projectedMs < sampleMs ? sampleMs : projectedMs + sampleMs * (1 - left)
  estimate.atMs = nowMs
}

/**
 * linkerd's: reading only projects, and a failure counts as 5 s, or as what the estimate is if that is more. Its servers' hints
 * to retry later have no counterpart here.
 */
export const peakEwmaLinkerd = rival(
  {
    id: 'peak-ewma-linkerd',
    title: 'Peak-EWMA with failure penalty (linkerd)',
    source: 'linkerd/linkerd2-proxy, linkerd/ewma/src/lib.rs and linkerd/load-biaser/src/lib.rs at 29637b6'
  },
  (components) => peakEwmaRule(components, { defaultMs: LINKERD_DEFAULT_MS, learn: learnLinkerd, read: readLinkerd })
)
