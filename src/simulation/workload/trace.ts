import type { AbortOptions } from '../../core/abort.ts'
import { PeerbanditError } from '../../core/errors.ts'
import { textLines } from './text-lines.ts'
import { readerOf, type RowReader, type TraceLayout } from './trace-layouts.ts'

/** One job of a recorded or generated workload. */
export interface TraceJob {
  /** Since the first job, ms ≥ 0. */
  readonly arrivalMs: number
  readonly promptTokens: number
  /** Tokens that were produced, ≥ 1. Known only afterwards: no router may see it beforehand. */
  readonly outputTokens: number
}

export interface TraceOptions extends AbortOptions {
  /** What the file must be. @default as its first line says */
  readonly layout?: TraceLayout
}

/** What was in a trace. */
export interface TraceSummary {
  readonly layout: TraceLayout
  readonly jobs: number
  /** Rows that were left out: the recorded service failed them. */
  readonly dropped: number
}

/**
 * The jobs of a trace, in order of arrival, read line by line; it returns what it has read. Layouts:
 * - `azure`: CSV `t_s,context_tokens,generated_tokens`, or `TIMESTAMP,ContextTokens,GeneratedTokens` as published;
 * - `mooncake`: a JSON object a line with `timestamp` (ms), `input_length`, `output_length`;
 * - `burstgpt`: CSV `Timestamp,Request tokens,Response tokens`; rows without a response are failures and dropped;
 * - `plain`: CSV `arrival,prompt_tokens,output_tokens`.
 *
 * Arrivals are in seconds where nothing else is said. Further columns and empty lines are passed over. Arrivals are shifted so that
 * the first is 0.
 * @throws ERR_TRACE naming file, line and column
 */
export async function* traceJobs(
  path: string,
  { signal, layout }: TraceOptions = {}
): AsyncGenerator<TraceJob, TraceSummary, undefined> {
  let reader: RowReader | undefined
  let firstS: number | undefined
  let lastS = 0
  let jobs = 0
  let dropped = 0
  for await (const { text, fail } of textLines(path, signal)) {
    if (reader === undefined) {
      reader = readerOf(text, layout, fail)
      if (!reader.firstLineIsJob) continue
    }
    const row = reader.read(text, fail)
    if (row === undefined) {
      dropped++
      continue
    }
    const { arrivalS, prompt, output } = row
    if (arrivalS < lastS) fail(`${reader.arrival} must not go back, got ${arrivalS} after ${lastS}; sort the rows by time`)
    lastS = arrivalS
    firstS ??= arrivalS
    jobs++
    yield { arrivalMs: (arrivalS - firstS) * 1000, promptTokens: prompt, outputTokens: output }
  }
  if (reader === undefined) throw new PeerbanditError('ERR_TRACE', `${path} is empty`)
  if (jobs === 0) throw new PeerbanditError('ERR_TRACE', `${path} has a header but no jobs`)
  return { layout: reader.layout, jobs, dropped }
}

/** All jobs of a trace, and what was in it: see {@link traceJobs}. */
export async function loadTrace(
  path: string,
  options: TraceOptions = {}
): Promise<{ readonly jobs: TraceJob[]; readonly summary: TraceSummary }> {
  const jobs: TraceJob[] = []
  const reading = traceJobs(path, options)
  for (;;) {
    const { done, value } = await reading.next()
    if (done === true) return { jobs, summary: value }
    jobs.push(value)
  }
}

/** All jobs of a trace: see {@link traceJobs}. */
export async function readTrace(path: string, options: TraceOptions = {}): Promise<TraceJob[]> {
  return (await loadTrace(path, options)).jobs
}
