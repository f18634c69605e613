import type { BehaviourSpec, Length, PeerGroup, Scenario } from '../scenario.ts'
import { scenarioOf } from './pool.ts'

/** Every request is the same work, where nothing else is said. */
const TOKENS = 60

interface Server {
  readonly name: string
  /** What a request takes that runs alone, ms. */
  readonly unloadedMs: number
  /** With this many requests each takes about twice as long; more wait. @default response times do not depend on load */
  readonly capacity?: number
  /** Requests side by side. @default the capacity */
  readonly slots?: number
  readonly queueLimit?: number
  readonly failureRatio?: number
  readonly behaviours?: readonly BehaviourSpec[]
}

/** Far more requests side by side than there ever are. */
const ANY_NUMBER = 1_000

function server({ name, unloadedMs, capacity, queueLimit = ANY_NUMBER, ...more }: Server): PeerGroup {
  return {
    name,
    tokensPerSecond: (1000 * TOKENS) / unloadedMs,
    slots: capacity ?? ANY_NUMBER,
    slowdown: capacity === undefined ? 0 : 1 / capacity,
    queueLimit,
    rttMs: { min: 1, max: 1 },
    ...more
  }
}

interface Load {
  readonly jobsPerSecond: number
  readonly durationMs: number
  readonly outputTokens?: Length
}

type About = Pick<Scenario, 'name' | 'description'> & Partial<Pick<Scenario, 'deadlineMs' | 'routers'>>

function dialogue(
  about: About,
  { jobsPerSecond, durationMs, outputTokens = TOKENS }: Load,
  servers: readonly Server[]
): Scenario {
  return scenarioOf({
    routers: 8,
    ...about,
    peers: servers.map(server),
    durationMs,
    workload: { kind: 'drawn', promptTokens: 0, outputTokens, arrivals: 'even', jobsPerSecond }
  })
}

/** From one second of a run to another, as shares of it. */
function during(fromS: number, toS: number, { durationMs }: Load) {
  return { fromRatio: (1000 * fromS) / durationMs, toRatio: Math.min(1, (1000 * toS) / durationMs) }
}

const SLOW_503S = { jobsPerSecond: 200, durationMs: 20_000 }
const FAST_503S = { jobsPerSecond: 44, durationMs: 90_000 }
const FAST_400S = { jobsPerSecond: 66, durationMs: 60_000 }
const OUTAGE = { jobsPerSecond: 20, durationMs: 80_000 }
const ALL_500 = { jobsPerSecond: 20, durationMs: 20_000 }
const HOLE = { jobsPerSecond: 100, durationMs: 10_000 }
const ENDPOINTS = { jobsPerSecond: 50, durationMs: 10_000 }

const RELOADING = { jobsPerSecond: 100, durationMs: 10_000 }

const FOREVER = 1_000

/**
 * The scenarios of the simulation of palantir/dialogue (github.com/palantir/dialogue, folder simulation, Apache-2.0), restated. Common
 * differences:
 * - there a request's time is set when it arrives, b·(1 + inflight/capacity), and five times that beyond capacity; here requests
 *   share the server while they run, and those beyond its capacity wait;
 * - there clients limit their concurrency, queue without end and have no deadline; here a job has three attempts and a deadline;
 * - a status 4xx or 5xx is a failure of the peer, which is tried elsewhere: the simulator has no errors of the client;
 * - the network takes 1 ms, there nothing; asking for 60 tokens is half a percent of the work;
 * - eight routers, except where the number of clients is part of the case; each sends a peer 16 jobs at a time at most.
 *
 * What is scaled is said at each.
 */
export const DIALOGUE: readonly Scenario[] = [
  dialogue(
    // 3 of 20 minutes.
    { name: 'simplest-possible-case', description: 'Dialogue: three servers, one faster than the next', routers: 10 },
    { jobsPerSecond: 11, durationMs: 180_000 },
    [600, 800, 1000].map((unloadedMs) => ({ name: `takes-${unloadedMs}`, unloadedMs }))
  ),
  dialogue(
    // A tenth of 500 a second for twice 20 s: there the rest waits at the client. More than ten waiting is refused.
    {
      name: 'slowdown-and-error-thresholds',
      description: 'Dialogue: three servers that slow down to half at 30 requests and refuse more than 40'
    },
    { jobsPerSecond: 50, durationMs: 40_000 },
    [600, 800, 1000].map((unloadedMs) => ({ name: `takes-${unloadedMs}`, unloadedMs, capacity: 30, queueLimit: 10 }))
  ),
  dialogue(
    { name: 'slow-503s-then-revert', description: 'Dialogue: one of two servers fails for seven seconds, each time after one' },
    SLOW_503S,
    [
      { name: 'fast', unloadedMs: 60, capacity: 60 },
      {
        name: 'fails-slowly',
        unloadedMs: 60,
        capacity: 60,
        behaviours: [{ kind: 'fail-fast', afterMs: 1_000, ...during(3, 10, SLOW_503S) }]
      }
    ]
  ),
  dialogue(
    // 44 of 500 requests a second; the servers do not slow down.
    { name: 'fast-503s-then-revert', description: 'Dialogue: one of two servers fails at once for most of the time' },
    FAST_503S,
    [
      { name: 'fast', unloadedMs: 120 },
      { name: 'fails-at-once', unloadedMs: 120, behaviours: [{ kind: 'fail-fast', ...during(3, 60, FAST_503S) }] }
    ]
  ),
  dialogue(
    // 66 of 100 requests a second. There a 400 is the answer; here it is a failure and is tried elsewhere.
    { name: 'fast-400s-then-revert', description: 'Dialogue: one of two servers refuses after 20 ms, for half of the time' },
    FAST_400S,
    [
      { name: 'fast', unloadedMs: 120 },
      { name: 'refuses', unloadedMs: 120, behaviours: [{ kind: 'fail-fast', afterMs: 20, ...during(3, 30, FAST_400S) }] }
    ]
  ),
  dialogue({ name: 'short-outage', description: 'Dialogue: one of two servers fails from the 30th to the 50th second' }, OUTAGE, [
    { name: 'stable', unloadedMs: 2_000 },
    { name: 'has-outage', unloadedMs: 2_000, behaviours: [{ kind: 'fail-fast', ...during(30, 50, OUTAGE) }] }
  ]),
  dialogue(
    // There requests that come in these seconds take 10 s; here those that run go on faster when they are over.
    { name: 'drastic-slowdown', description: 'Dialogue: one of two servers takes 10 s instead of 60 ms, for seven seconds' },
    SLOW_503S,
    [
      { name: 'fast', unloadedMs: 60, capacity: 60 },
      {
        name: 'slows-down',
        unloadedMs: 60,
        capacity: 60,
        behaviours: [{ kind: 'speed', factor: 0.006, ...during(3, 10, SLOW_503S) }]
      }
    ]
  ),
  dialogue(
    // A fifth of 100 requests a second.
    { name: 'all-nodes-500', description: 'Dialogue: both servers fail in the first half' },
    ALL_500,
    ['one', 'two'].map((name) => ({ name, unloadedMs: 600, behaviours: [{ kind: 'fail-fast', ...during(0, 10, ALL_500) }] }))
  ),
  dialogue(
    // Half of 200 requests a second.
    {
      name: 'black-hole-after',
      description: 'Dialogue: one of two servers never answers after three seconds',
      deadlineMs: 10_000
    },
    HOLE,
    [
      { name: 'answers', unloadedMs: 600 },
      { name: 'hole', unloadedMs: 600, behaviours: [{ kind: 'black-hole', ...during(3, FOREVER, HOLE) }] }
    ]
  ),
  dialogue(
    // A fifth of 250 requests a second. Endpoints are classes of jobs: answers of up to 256 tokens are asked for as interactive, longer ones as
    // batch. They take 600 ms.
    {
      name: 'one-endpoint-dies',
      description: 'Dialogue: after three seconds each of two servers fails one of two kinds of jobs'
    },
    { ...ENDPOINTS, outputTokens: { kind: 'uniform', min: 256, max: 257 } },
    ['interactive', 'batch'].map((workloadClass) => ({
      name: `without-${workloadClass}`,
      unloadedMs: (600 * TOKENS) / 256,
      behaviours: [{ kind: 'fail-fast', workloadClass, ...during(3, FOREVER, ENDPOINTS) }]
    }))
  ),
  dialogue(
    // 100 of 250 requests a second.
    { name: 'live-reloading', description: 'Dialogue: one server fails always, one is added after five seconds' },
    RELOADING,
    [
      { name: 'always-on', unloadedMs: 600, capacity: 200 },
      { name: 'always-broken', unloadedMs: 600, behaviours: [{ kind: 'fail-fast' }] },
      {
        name: 'added-later',
        unloadedMs: 600,
        capacity: 200,
        // Before the first job, too: routers get to know the others five seconds earlier.
        behaviours: [{ kind: 'sessions', away: [{ fromMs: 0, toMs: 5_000 }] }]
      }
    ]
  ),
  dialogue(
    { name: 'uncommon-flakes', description: 'Dialogue: two servers fail one request in a hundred' },
    { jobsPerSecond: 1_000, durationMs: 2_000 },
    ['one', 'two'].map((name) => ({ name, unloadedMs: 60, failureRatio: 0.01 }))
  ),
  dialogue(
    { name: 'one-big-spike', description: 'Dialogue: a thousand requests within a thirtieth of a second' },
    { jobsPerSecond: 30_000, durationMs: 33.4 },
    ['one', 'two'].map((name) => ({ name, unloadedMs: 150, capacity: 100 }))
  ),
  dialogue(
    // There each server refuses by its rate; here by how many it runs at a time: 5 of 200 ms are 25 a second.
    {
      name: 'server-side-rate-limit',
      description: 'Dialogue: four servers refuse what is above a hundred requests a second; ninety come',
      routers: 2
    },
    { jobsPerSecond: 90, durationMs: 20_000 },
    ['one', 'two', 'three', 'four'].map((name) => ({ name, unloadedMs: 200, slots: 5, queueLimit: 0 }))
  )
]
