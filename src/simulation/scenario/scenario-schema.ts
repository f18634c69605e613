import { z } from 'zod'
import { meanOf } from '../../math/quantile.ts'
import { peerGroupSchema } from './peer-schema.ts'
import { integer, listOf, name, object, positive, ratio, text } from './schema-parts.ts'
import { workloadSchema } from './workload-schema.ts'

const departureSchema = object({
  atRatio: ratio.describe('when, as a share of the run'),
  forMs: positive,
  peersRatio: ratio.describe('share of the peers that leave, drawn by the seed')
}).describe('several peers leave at the same time')

function exactly<T extends string | number>(value: T) {
  return z.literal(value, JSON.stringify(value))
}

/** A scenario document. */
export const scenarioSchema = object({
  $schema: text.optional().describe('where this schema is, for editors'),
  format: exactly('peerbandit-scenario'),
  version: exactly(1),
  name,
  description: text,
  peers: listOf(peerGroupSchema, 1),
  workload: workloadSchema,
  model: name.default('model').describe('what all peers serve and all jobs ask for'),
  jobs: integer(2).optional().describe('how many there are; or durationMs'),
  durationMs: positive.optional().describe('in place of jobs, where the workload has jobsPerSecond: how long they arrive'),
  routers: integer(1)
    .default(1)
    .describe('routers that share the peers and know nothing of each other; each job goes to one at random'),
  peersPerRouter: integer(1)
    .optional()
    .describe('how many peers a router knows, drawn by the seed for each, as the lookup of a DHT returns so many; default all'),
  deadlineMs: positive.default(30_000).describe('after this a job has failed, and counts with this time'),
  probeIntervalMs: positive
    .default(5_000)
    .describe('between two probes of a peer by a router; the default is as over a real network'),
  frameMs: positive.default(200).describe("least time between two pieces of a job's text"),
  departures: listOf(departureSchema).default([]),
  restartAtRatio: ratio
    .optional()
    .describe(
      'when every router is restarted, as a share of the run: what its journal keeps comes back, the rest is gone; default never'
    )
})
  .check((context) => {
    const { jobs, durationMs, workload } = context.value
    const refuse = (field: 'jobs' | 'durationMs', message: string) =>
      context.issues.push({ code: 'custom', path: [field], message, input: context.value[field] })
    if (durationMs === undefined) {
      if (jobs === undefined) refuse('jobs', 'an integer of at least 2')
    } else if (jobs !== undefined) refuse('durationMs', 'left out where jobs is given')
    else if (workload.jobsPerSecond === undefined) refuse('durationMs', 'left out where workload.jobsPerSecond is not given')
    else if (jobsIn(durationMs, workload) < 2) {
      refuse('durationMs', `long enough for two jobs at ${workload.jobsPerSecond} a second`)
    }
  })
  .meta({
    title: 'peerbandit scenario',
    description: 'A pool of peers, the jobs for it, and what goes wrong. Times are ms, speeds tokens/s.',
    oneOf: [{ required: ['jobs'] }, { required: ['durationMs'] }]
  })

/** How many jobs arrive in a time at the workload's rate. */
export function jobsIn(durationMs: number, { jobsPerSecond = 0, steps = [1] }: z.output<typeof workloadSchema>): number {
  return Math.round((jobsPerSecond * meanOf(steps) * durationMs) / 1000)
}

/** The JSON Schema of scenario documents, draft 2020-12. What depends on two fields of an object is only partly in it. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { io: 'input' })
}
