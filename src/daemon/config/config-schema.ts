import { z } from 'zod'
import { DURABILITIES } from '../../journal/journal.ts'
import { BACKENDS } from '../../training/running-backend.ts'
import { backendSchema } from './backends-schema.ts'
import { bodyLimitMb, corsSchema, keySchema, listenSchema } from './gateway-schema.ts'
import { atLeast0, formed, httpUrl, integer, listOf, name, object, oneOf, positive, text, yesOrNo } from './parts.ts'
import { routingSchema } from './routing-schema.ts'

const deadlineMs = () => positive(86_400_000)

const address = () => formed(/^\/\S+$/, 'a multiaddr such as /ip4/192.0.2.7/tcp/4001/p2p/12D3…')

const networkSchema = object({
  bootstrap: listOf(address()).describe('Multiaddrs of nodes to join the network by.'),
  models: listOf(text(), 1).describe('Models whose workers to look for.')
})

const crowdllamaSchema = object({
  bootstrap: listOf(address(), 1).describe('Multiaddrs of nodes to join the network by: its DHT server, or any of its nodes.'),
  maxMetadataAgeSeconds: positive()
    .default(3_600)
    .describe('What a node says of itself counts for nothing when it was not renewed for so long, seconds.')
})

const localSchema = object({
  workers: integer(1, 64).default(4).describe('Workers in the swarm.'),
  seed: integer(0).default(1).describe('Decides what the workers are like.')
})

const ruleSchema = object({
  model: formed(/^[^\s[\]{}]+$/, 'the name of a model, or a pattern with "*" and "?"').describe(
    'The models that it is for: a name, or a pattern with `*` for any text and `?` for any character.'
  ),
  class: name().optional().describe('Workload class of their jobs.'),
  deadlineMs: deadlineMs().optional().describe('Their answers are worth nothing after this, ms.'),
  maxPrice: atLeast0().optional().describe('Only backends whose `pricePerMillionTokens` is at most this.')
})

const defaultsSchema = object({
  class: name().default('interactive').describe('Workload class of jobs that neither their request nor a rule gives one.'),
  deadlineMs: deadlineMs().default(300_000).describe('The same for the deadline: the answer is worth nothing after this, ms.'),
  outputTokens: integer(1)
    .default(256)
    .describe('Tokens that are expected of an answer whose length its request does not limit.'),
  maxTokens: integer(1).default(32_768).describe('Most tokens of such an answer.')
})

const retentionSchema = object({
  days: positive(36_500).default(90).describe('Older decisions and outcomes go, days.'),
  maxMb: positive().default(1_024).describe('The oldest go until no more than this is left, MB before compression.')
})

const journalSchema = object({
  path: text().default('.peerbandit/serve').describe('The directory of the journal.'),
  retention: retentionSchema.prefault({}).describe('What is kept.'),
  durability: oneOf(DURABILITIES)
    .default('batch')
    .describe('When a write counts as done: after it reached the disk, after it reached the operating system, or before either.')
})

const throughputSchema = object({
  models: text()
    .optional()
    .describe('A directory of throughput models: the one that serves says where new peers start. None where it is left out.'),
  retrain: yesOrNo()
    .default(false)
    .describe('Whether the model is trained again from the journal; needs `models` and TensorFlow.js.'),
  everyOutcomes: integer(1).default(1_000).describe('Jobs that ended well between two trainings.'),
  everyHours: atLeast0().default(6).describe('Least time between two trainings, hours.'),
  backend: oneOf(BACKENDS).optional().describe('What trains. The fastest that runs where it is left out.')
})

const logSchema = object({
  level: oneOf(['error', 'warn', 'info', 'debug']).default('info').describe('The least serious events that are logged.'),
  prompts: yesOrNo().default(false).describe('Whether prompts may be logged, at level debug.'),
  format: oneOf(['text', 'json']).default('text').describe('Lines for people, or a JSON object a line.')
})

const telemetrySchema = object({
  endpoint: httpUrl().describe('Where OpenTelemetry traces go, by OTLP over HTTP.')
})

/** The configuration of `peerbandit serve`. */
export const configSchema = object({
  $schema: z.string('a text').optional().describe('Where the JSON Schema of this file is, for editors.'),
  listen: listenSchema.prefault({}).describe('Where the HTTP API is served.'),
  keys: listOf(keySchema).default([]).describe('Who may call the API. Everybody where there is none.'),
  cors: corsSchema.prefault({}).describe('Which pages in a browser may call the API.'),
  bodyLimitMb,
  network: networkSchema.optional().describe('The libp2p network whose workers run jobs. None is joined where it is left out.'),
  crowdllama: crowdllamaSchema
    .optional()
    .describe(
      'The CrowdLlama network whose workers run jobs. Their answers come whole: `routing.firstTokenTimeoutMs` is for all of one. None is joined where it is left out.'
    ),
  backends: listOf(backendSchema).default([]).describe('Model servers that run jobs.'),
  local: localSchema
    .prefault({})
    .describe(
      'The swarm of simulated workers on this machine, for a first look: runs where none of `network`, `crowdllama` and `backends` is given.'
    ),
  routing: routingSchema.prefault({}).describe('How a peer is chosen, and what happens when it fails.'),
  rules: listOf(ruleSchema).default([]).describe('What holds for jobs by their model: the first rule that fits counts.'),
  classes: listOf(name())
    .default([])
    .describe('Workload classes that requests may name, besides `interactive`, `batch`, `critical` and those of rules.'),
  defaults: defaultsSchema.prefault({}).describe('What holds for jobs where neither their request nor a rule says otherwise.'),
  journal: journalSchema.prefault({}).describe('Where decisions, outcomes and what was learned are kept.'),
  throughput: throughputSchema.prefault({}).describe('The model that guesses the speed of peers that were never seen.'),
  log: logSchema.prefault({}).describe('What is written to standard error.'),
  telemetry: telemetrySchema.optional().describe('Traces. None are sent where it is left out.'),
  drainSeconds: atLeast0(3_600)
    .default(30)
    .describe('How long jobs that run may go on after the daemon was told to stop, seconds.')
})
  .check((context) => {
    const { keys, backends, throughput } = context.value
    for (const [list, entries] of Object.entries({ keys, backends })) {
      for (const index of repeated(entries.map((entry) => entry.name))) {
        const path = [list, index, 'name']
        context.issues.push({ code: 'custom', path, message: `one that no other of ${list} has`, input: entries[index].name })
      }
    }
    if (throughput.retrain && throughput.models === undefined) {
      const message = 'given where retrain is true'
      context.issues.push({ code: 'custom', path: ['throughput', 'models'], message, input: undefined })
    }
  })
  .meta({
    title: 'peerbandit configuration',
    description: 'What `peerbandit serve` reads. All fields have defaults.'
  })

/** Positions of names that came before. */
function repeated(names: readonly string[]): number[] {
  return names.flatMap((each, i) => (names.indexOf(each) < i ? [i] : []))
}

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/** A checked configuration; what has a default is there. */
export type Config = DeepReadonly<z.output<typeof configSchema>>

/** The JSON Schema of configuration files, draft 2020-12. What depends on two fields is only partly in it. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input' })
}
