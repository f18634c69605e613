import type { Rng } from '../../core/rng.ts'
import { exponential, normal } from '../../math/draw.ts'
import type { Length, ScenarioWorkload } from '../scenario/scenario.ts'
import type { TraceJob } from './trace.ts'
import { quantileAt } from './workload-parameters.ts'

/** A normal number, drawn again while it is below 0. */
function truncatedNormal(rng: Rng, mean: number, deviation: number): number {
  for (;;) {
    const value = mean + deviation * normal(rng)
    if (value >= 0) return value
  }
}

/** A number of tokens, not rounded except where the kind says so. */
export function drawLength(rng: Rng, length: Length): number {
  if (typeof length === 'number') return length
  switch (length.kind) {
    case 'uniform':
      return Math.floor(length.min + rng.next() * (length.max - length.min + 1))
    case 'exponential':
      return exponential(rng, length.mean)
    case 'normal':
      return truncatedNormal(rng, length.mean, length.deviation)
    case 'quantiles':
      return quantileAt(length, rng.next())
  }
}

export type DrawnWorkload = Pick<
  Extract<ScenarioWorkload, { readonly kind: 'drawn' }>,
  'promptTokens' | 'outputTokens' | 'arrivals'
>

/** Jobs from distributions; on average one a ms, to be stretched. */
export function drawWorkload(
  { promptTokens, outputTokens, arrivals = 'poisson' }: DrawnWorkload,
  { jobs, rng }: { readonly jobs: number; readonly rng: Rng }
): TraceJob[] {
  let arrivalMs = 0
  return Array.from({ length: jobs }, () => ({
    arrivalMs: (arrivalMs += arrivals === 'even' ? 1 : exponential(rng, 1)),
    promptTokens: Math.round(drawLength(rng, promptTokens)),
    outputTokens: Math.max(1, Math.round(drawLength(rng, outputTokens)))
  }))
}

/**
 * The same jobs over the same time, at a rate that changes: parts of equal length, in which it is multiplied by these.
 * @param jobs in order, over some time
 * @param steps each > 0
 */
export function stepped(jobs: readonly TraceJob[], steps: readonly number[]): TraceJob[] {
  const firstMs = jobs[0].arrivalMs
  const spanMs = jobs[jobs.length - 1].arrivalMs - firstMs
  const total = steps.reduce((sum, step) => sum + step, 0)
  let part = 0
  let before = 0
  return jobs.map((job) => {
    // What share of the jobs has come, in steps: where the sum of the steps reaches it is when this one comes.
    const reached = ((job.arrivalMs - firstMs) / spanMs) * total
    while (part < steps.length - 1 && reached > before + steps[part]) before += steps[part++]
    return { ...job, arrivalMs: firstMs + ((part + (reached - before) / steps[part]) / steps.length) * spanMs }
  })
}
