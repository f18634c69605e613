import { systemClock } from '../../../src/core/clock.ts'

/** What is timed, and gives what it computed. */
export type Run = () => Float32Array | Promise<Float32Array>

/** Long enough for the clock, ms. */
const SAMPLE_MS = 0.2
const FEWEST_SAMPLES = 9

async function timedMs(run: Run, waits: boolean, repeats: number): Promise<number> {
  const start = systemClock.now()
  // What answers at once is not awaited: that alone would take longer than our pass for one candidate.
  if (waits) for (let i = 0; i < repeats; i++) await run()
  else for (let i = 0; i < repeats; i++) void run()
  return systemClock.now() - start
}

/** Half of the values are no more than this. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/** Median time of one run, µs: of samples that are long enough for the clock, over the budget. */
export async function medianUs(run: Run, budgetMs: number): Promise<number> {
  const first = run()
  const waits = first instanceof Promise
  await first
  let repeats = 1
  while ((await timedMs(run, waits, repeats)) < SAMPLE_MS) repeats *= 2
  const samples: number[] = []
  for (let spent = 0; spent < budgetMs || samples.length < FEWEST_SAMPLES; spent += samples.at(-1)! * repeats) {
    samples.push((await timedMs(run, waits, repeats)) / repeats)
  }
  // The first half warms up.
  return 1000 * median(samples.slice(samples.length >> 1))
}

export function progress(what: string): void {
  process.stderr.write(`${what}\n`)
}
