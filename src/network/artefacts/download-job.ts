import type { Job } from '../../job/job.ts'
import type { Objective } from '../../job/objective.ts'
import type { ArtefactId } from './artefact-id.ts'

// How a transfer becomes a job, so that the selector that places inference places downloads too.
//
//   job                  one chunk of an artefact, from one peer
//   model                'artefact' for all of them: a peer's link is as fast whatever it sends
//   prompt tokens        0
//   output token         64 KiB, so that links look like what the priors of pace are made for: 1 MB/s is 15 tokens/s, 100 MB/s 1500
//   first token          the first piece of the chunk
//   outcome              time until the last piece had come and the chunk's digest was right; a wrong one is a failure, `protocol`
//   ms per work token    ms a 64 KiB: the reward is in the bytes a second, on a logarithmic scale
//
// A peer's pace at inference and its pace at sending are two things: downloads have a selection of their own.

/** The workload class of downloads. */
export const DOWNLOAD_CLASS = 'download'

/** Bytes that count as one output token. */
export const BYTES_PER_TOKEN = 65_536

/** Perfect at 131 MB/s, a full gigabit; worth nothing at 328 kB/s. For `objectives` of the selection, under the class's name. */
export const DOWNLOAD_OBJECTIVE: Objective = { metric: 'msPerWorkToken', bestMs: 0.5, worstMs: 200 }

/** @param bytes of the chunk, ≥ 1 @param deadlineMs > 0 */
export function downloadJob(id: ArtefactId, chunk: number, bytes: number, deadlineMs: number): Job {
  return {
    id: `${id}/${chunk}`,
    model: 'artefact',
    workloadClass: DOWNLOAD_CLASS,
    promptTokens: 0,
    expectedOutputTokens: tokensOf(bytes),
    deadlineMs
  }
}

export function tokensOf(bytes: number): number {
  return bytes / BYTES_PER_TOKEN
}
