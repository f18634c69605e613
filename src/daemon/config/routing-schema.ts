import { z } from 'zod'
import { POLICY_NAMES } from '../../bandit/policies.ts'
import { atLeast0, integer, mapOf, object, oneOf, positive, ratio, text, yesOrNo } from './parts.ts'

const policy = z.union(
  [z.enum(POLICY_NAMES), z.templateLiteral(['fixed:', z.string().min(1)])],
  `one of ${POLICY_NAMES.join(', ')} or fixed:<arm>`
)

const objective = object({
  metric: oneOf(['msPerWorkToken', 'firstTokenMs', 'durationMs']).describe(
    'What a job costs: its time over its size, the wait for its first token, or its time.'
  ),
  bestMs: positive().describe('At this cost or below the reward is 1, ms.'),
  worstMs: positive().describe('At this cost or above the reward is 0, ms; above `bestMs`.'),
  congestion: atLeast0()
    .optional()
    .describe(
      'What a job is charged for every job that it found at its peer, as a share of its own cost. 1 where it is left out.'
    )
}).check((context) => {
  const { bestMs, worstMs } = context.value
  if (worstMs > bestMs) return
  context.issues.push({ code: 'custom', path: ['worstMs'], message: `above bestMs (${bestMs})`, input: worstMs })
})

const hedging = object({
  enabled: yesOrNo().default(true).describe('Whether a job whose first token is late is sent to a second peer too.'),
  budgetRatio: ratio().default(0.05).describe('Second sendings over jobs, in the long run.')
})

const health = object({
  maxInFlightPerPeer: integer(1).default(16).describe('Jobs of this router that one peer may have at a time.'),
  trustSlots: yesOrNo()
    .default(true)
    .describe('Whether a peer that says it has more slots than `maxInFlightPerPeer` may have as many jobs.'),
  coolDownMs: positive()
    .default(5_000)
    .describe('How long a peer that failed gets no job, ms; doubles with every further failure in a row.'),
  maxCoolDownMs: positive().default(60_000).describe('Longest cool-down, ms.'),
  engineFailures: integer(1)
    .default(3)
    .describe('Failures in a row that a peer may answer before it cools down; a broken connection is enough by itself.'),
  overloadBackOffMs: positive()
    .default(100)
    .describe('How long a peer that said it is full gets no job, ms; doubles with every further refusal, up to eight times.'),
  maxProbesInFlight: integer(1)
    .optional()
    .describe(
      'Jobs in flight at peers that never finished one, all together. 4, or two in five of the known peers, where it is left out.'
    )
}).check((context) => {
  const { coolDownMs, maxCoolDownMs } = context.value
  if (maxCoolDownMs >= coolDownMs) return
  context.issues.push({
    code: 'custom',
    path: ['maxCoolDownMs'],
    message: `at least coolDownMs (${coolDownMs})`,
    input: maxCoolDownMs
  })
})

/** How a peer is chosen for a job, and what happens when it fails. */
export const routingSchema = object({
  policy: policy.default('thompson').describe('What chooses among the arms; `fixed:<arm>` follows one arm always.'),
  seed: integer(0)
    .optional()
    .describe('Seeds the draws, for runs that can be repeated. Another one at every start where it is left out.'),
  objectives: mapOf(objective)
    .default({})
    .describe('What each workload class wants, by the name of the class. Others: `msPerWorkToken` from 3 to 300 ms.'),
  weights: text().optional().describe('A JSON file with weight tables in place of, or beside, those of the eight algorithms.'),
  maxAttempts: integer(1, 100).default(3).describe('Attempts at a job, each at another peer while there is one.'),
  firstTokenTimeoutMs: positive().default(60_000).describe('Longest wait for the first token of an attempt, ms.'),
  stallTimeoutMs: positive().default(15_000).describe('Longest wait between two pieces of an answer, ms.'),
  maxWaiting: integer(0).default(1_000).describe('Jobs that may wait for a place at a time; more are refused.'),
  hedging: hedging.prefault({}).describe('A second peer for jobs that are late.'),
  health: health.prefault({}).describe('When a peer gets no jobs for a while.')
})
