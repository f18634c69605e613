import { z } from 'zod'
import {
  atLeast0,
  insideRatio,
  integer,
  listOf,
  name,
  object,
  oneOfKinds,
  positive,
  ratio,
  rising,
  text
} from './schema-parts.ts'

/** Part of the run between the first and the last arrival, as shares of it. */
const runShare = {
  fromRatio: ratio.optional().describe('start, as a share of the run; default 0'),
  toRatio: ratio.optional().describe('end, as a share of the run, above fromRatio; default 1')
}
const shareRises = rising({ from: 'fromRatio', to: 'toRatio', defaults: { fromRatio: 0, toRatio: 1 } })

const span = object({ fromMs: atLeast0, toMs: atLeast0 }).check(rising({ from: 'fromMs', to: 'toMs' }))

const BEHAVIOURS = {
  'hidden-load': object({
    kind: z.literal('hidden-load'),
    factor: atLeast0.describe('what speeds are multiplied by while something else runs on the machine'),
    meanNormalMs: positive,
    meanSlowMs: positive
  }).describe('slows down now and then and tells nobody; both times are exponential'),
  speed: object({ kind: z.literal('speed'), factor: atLeast0, ...runShare })
    .check(shareRises)
    .describe('another speed for a part of the run'),
  'speed-flips': object({
    kind: z.literal('speed-flips'),
    factor: positive.describe('its speed is multiplied or divided by this'),
    everyMs: positive.describe('time between draws')
  }).describe('draws again and again, with even odds, whether it is fast or slow'),
  'slow-start': object({ kind: z.literal('slow-start'), factor: atLeast0, lastsMs: positive }).describe(
    'slow at the start of the run and after every return'
  ),
  'rtt-drift': object({ kind: z.literal('rtt-drift'), factor: atLeast0 }).describe(
    'round trips grow evenly to this multiple at the end of the run'
  ),
  churn: object({
    kind: z.literal('churn'),
    uptimeRatio: insideRatio.describe('share of the time that it is there'),
    cycleMs: positive.describe('from one departure to the next, on average'),
    shape: positive.optional().describe('Weibull shape of the sessions; below 1 most are short and a few very long; default 1')
  }).describe('comes and goes'),
  sessions: object({ kind: z.literal('sessions'), away: listOf(span) }).describe('away at these times from the start of the run'),
  'session-list': object({
    kind: z.literal('session-list'),
    path: name.describe('a CSV file peer,from_s,to_s: when each of its peers was there'),
    timeFactor: positive.optional().describe('what its times are multiplied by; default 1')
  }).describe('there when one of the peers of a file was, drawn by the seed'),
  'fail-fast': object({
    kind: z.literal('fail-fast'),
    ...runShare,
    afterMs: atLeast0.optional().describe('how long it takes to say so; default 0'),
    workloadClass: text.optional().describe('only jobs of this class; default all')
  })
    .check(shareRises)
    .describe('answers that it failed'),
  'black-hole': object({
    kind: z.literal('black-hole'),
    ...runShare,
    workloadClass: text.optional().describe('only jobs of this class; default all')
  })
    .check(shareRises)
    .describe('takes jobs and never answers'),
  stall: object({ kind: z.literal('stall'), ratio }).describe('this share of its answers stops half-way'),
  misreport: object({ kind: z.literal('misreport'), loadFactor: atLeast0, speedFactor: atLeast0 }).describe(
    'multiplies load and speed in its reports'
  )
}

const { 'hidden-load': first, ...others } = BEHAVIOURS

/** How a peer behaves beside running jobs; see behaviours.ts. */
export const behaviourSchema = oneOfKinds(Object.keys(BEHAVIOURS), [first, ...Object.values(others)])

const roundTrips = z.union([
  object({ min: atLeast0, max: atLeast0 })
    .check(rising({ from: 'min', to: 'max', equal: true }))
    .describe('every message draws evenly between the two'),
  object({
    matrix: name.describe('a CSV file of numbers, a row an origin, a column a target; peers draw rows, routers columns'),
    jitterRatio: ratio.optional().describe('how far a message may be from it, either way; default 0')
  }).describe('between places of a file')
])

export const peerGroupSchema = object({
  name: name.describe('with more than one peer: name-1, name-2, …'),
  count: integer(1).optional().describe('default 1'),
  tokensPerSecond: positive.describe('decode speed of one job that runs alone'),
  slots: integer(1).optional().describe('jobs side by side; default 4'),
  slowdown: atLeast0.optional().describe('with n jobs running each is slower by 1 + slowdown·(n − 1); default 0.15'),
  queueLimit: integer(0).optional().describe('jobs that may wait for a slot; default 16'),
  failureRatio: ratio.optional().describe('share of jobs that fail on their way; default 0'),
  rttMs: roundTrips.describe('round trip of every message, ms'),
  claims: object({
    tokensPerSecond: atLeast0.optional(),
    loadRatio: atLeast0.optional(),
    gpuModel: text.optional(),
    vramGb: atLeast0.optional()
  })
    .optional()
    .describe('what it says of itself; default its true speed, no load, no GPU'),
  behaviours: listOf(behaviourSchema).optional()
}).describe('peers that are alike')
