import type { Outcome } from '../job/outcome.ts'
import { quantileOfSorted, sortedCopy } from '../math/quantile.ts'
import type { BucketState } from './dashboard-state.ts'
import { ratioOf } from './or-null.ts'

/** Latest successes that percentiles are of. */
const MOST_SAMPLES = 1000
export const BUCKET_MS = 5000
const MOST_BUCKETS = 60
/** A bucket's percentiles are of so many of its successes: the first ones of a busy one. */
const MOST_BUCKET_SAMPLES = 500

interface Bucket {
  readonly atMs: number
  readonly durations: number[]
  firstTokenMs: number
  successes: number
  failures: number
}

/** @returns null for no values */
function quantileOf(sorted: Float64Array, q: number): number | null {
  return sorted.length > 0 ? quantileOfSorted(sorted, q) : null
}

/** What came of the latest attempts under one policy: percentiles, and their course over the last five minutes. Bounded. */
export class LatencyWindow {
  readonly #samples = new Float64Array(MOST_SAMPLES)
  #count = 0
  #buckets: Bucket[] = []

  add(outcome: Outcome, atMs: number): void {
    const bucket = this.#bucketAt(atMs)
    if (!outcome.ok) {
      bucket.failures += 1
      return
    }
    this.#samples[this.#count % MOST_SAMPLES] = outcome.durationMs
    this.#count += 1
    bucket.successes += 1
    bucket.firstTokenMs += outcome.firstTokenMs
    if (bucket.durations.length < MOST_BUCKET_SAMPLES) bucket.durations.push(outcome.durationMs)
  }

  #bucketAt(atMs: number): Bucket {
    const beginMs = Math.floor(atMs / BUCKET_MS) * BUCKET_MS
    const last = this.#buckets.at(-1)
    // A clock that was set back goes on in the last bucket.
    if (last !== undefined && last.atMs >= beginMs) return last
    const bucket: Bucket = { atMs: beginMs, durations: [], firstTokenMs: 0, successes: 0, failures: 0 }
    this.#buckets.push(bucket)
    if (this.#buckets.length > MOST_BUCKETS) this.#buckets.shift()
    return bucket
  }

  percentiles(): { readonly p50Ms: number | null; readonly p95Ms: number | null; readonly windowSize: number } {
    const windowSize = Math.min(this.#count, MOST_SAMPLES)
    const sorted = sortedCopy(this.#samples.subarray(0, windowSize))
    return { p50Ms: quantileOf(sorted, 0.5), p95Ms: quantileOf(sorted, 0.95), windowSize }
  }

  buckets(atMs: number): BucketState[] {
    return this.#buckets
      .filter((bucket) => bucket.atMs > atMs - MOST_BUCKETS * BUCKET_MS)
      .map((bucket) => {
        const sorted = sortedCopy(bucket.durations)
        return {
          atMs: bucket.atMs,
          successes: bucket.successes,
          failures: bucket.failures,
          medianMs: quantileOf(sorted, 0.5),
          p95Ms: quantileOf(sorted, 0.95),
          firstTokenMs: ratioOf(bucket.firstTokenMs, bucket.successes)
        }
      })
  }
}
