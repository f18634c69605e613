import { z } from 'zod'
import { TRACE_LAYOUTS } from '../workload/trace-layouts.ts'
import { atLeast0, listOf, name, object, oneOfKinds, positive, rising } from './schema-parts.ts'

const LENGTHS = {
  uniform: object({ kind: z.literal('uniform'), min: atLeast0, max: atLeast0 })
    .check(rising({ from: 'min', to: 'max', equal: true }))
    .describe('a whole number from min to max'),
  exponential: object({ kind: z.literal('exponential'), mean: positive }),
  normal: object({ kind: z.literal('normal'), mean: positive, deviation: atLeast0 }).describe(
    'normal, drawn again while it is below 0: its mean is above the one given'
  ),
  quantiles: object({
    kind: z.literal('quantiles'),
    probabilities: listOf(atLeast0, 1).describe('rising from 0 to 1'),
    values: listOf(atLeast0, 1).describe('as many as there are probabilities, never falling')
  })
    .check((context) => {
      const { probabilities, values } = context.value
      const refuse = (field: string, message: string, input: unknown) =>
        context.issues.push({ code: 'custom', path: [field], message, input })
      if (!(probabilities[0] === 0 && probabilities.at(-1) === 1 && isRising(probabilities))) {
        refuse('probabilities', 'a list that rises from 0 to 1', probabilities)
      }
      if (!(values.length === probabilities.length && isRising(values))) {
        refuse('values', `a list of ${probabilities.length} numbers that do not fall`, values)
      }
    })
    .describe('a distribution as its quantiles, linear between them')
}

function isRising(numbers: readonly number[]): boolean {
  return numbers.every((value, i) => value >= (numbers[i - 1] ?? -Infinity))
}

export const lengthSchema = z.union([
  atLeast0.describe('always the same'),
  oneOfKinds(Object.keys(LENGTHS), [LENGTHS.uniform, LENGTHS.exponential, LENGTHS.normal, LENGTHS.quantiles])
])

const RATES = ['utilisation', 'jobsPerSecond', 'atOnce'] as const

const rate = {
  utilisation: positive.optional().describe('offered work over what the peers can really do in the run'),
  jobsPerSecond: positive.optional().describe('in place of utilisation: the rate of arrivals over the run'),
  atOnce: z.literal(true, 'true').optional().describe('in place of utilisation: all jobs arrive together'),
  steps: listOf(positive, 1)
    .optional()
    .describe('what the rate is multiplied by in parts of the run that are equally long; default always 1')
}

/** How the rate is said: in one way. */
const oneRate = {
  check: (context: z.core.ParsePayload<{ readonly [K in keyof typeof rate]?: z.output<(typeof rate)[K]> }>): void => {
    const { steps, atOnce } = context.value
    const given = RATES.filter((field) => context.value[field] !== undefined)
    const refuse = (field: keyof typeof rate, message: string) =>
      context.issues.push({ code: 'custom', path: [field], message, input: context.value[field] })
    if (given.length === 0) refuse('utilisation', 'given, or jobsPerSecond or atOnce in its place')
    if (given.length > 1) refuse(given[1], `left out where ${given[0]} is given`)
    if (atOnce === true && steps !== undefined) refuse('steps', 'left out where atOnce is given')
  },
  /** The same for readers of the JSON Schema. */
  meta: { oneOf: RATES.map((field) => ({ required: [field] })) }
}

const WORKLOADS = {
  fitted: object({ kind: z.literal('fitted'), ...rate })
    .check(oneRate.check)
    .meta({ ...oneRate.meta, description: 'drawn from the generator fitted to the Azure LLM inference trace' }),
  trace: object({
    kind: z.literal('trace'),
    path: name.describe('a file of recorded jobs'),
    layout: z
      .enum(TRACE_LAYOUTS, `one of ${TRACE_LAYOUTS.join(', ')}`)
      .optional()
      .describe('default: as its first line says'),
    ...rate
  })
    .check(oneRate.check)
    .meta({ ...oneRate.meta, description: 'a stretch of a recorded trace, drawn by the seed' }),
  exponential: object({ kind: z.literal('exponential'), promptTokens: atLeast0, outputTokens: positive, ...rate })
    .check(oneRate.check)
    .meta({ ...oneRate.meta, description: 'Poisson arrivals, exponential lengths with these means' }),
  drawn: object({
    kind: z.literal('drawn'),
    promptTokens: lengthSchema,
    outputTokens: lengthSchema,
    arrivals: z.enum(['poisson', 'even'], 'one of poisson, even').optional().describe('default poisson'),
    ...rate
  })
    .check(oneRate.check)
    .meta({ ...oneRate.meta, description: 'arrivals and lengths from distributions' })
}

/** Where jobs come from. */
export const workloadSchema = oneOfKinds(Object.keys(WORKLOADS), [
  WORKLOADS.fitted,
  WORKLOADS.trace,
  WORKLOADS.exponential,
  WORKLOADS.drawn
])
