import { loadOf } from '../../throughput/load.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import { cardOf } from '../evaluation/card.ts'
import type { ThroughputModel } from '../evaluation/model.ts'
import { baseline, type TargetFit } from './baseline.ts'
import { weightedMedian } from '../../math/weighted-quantile.ts'

/** Sizes within a factor of √2, and loads within 2, are alike. */
function bucketOf(query: ThroughputQuery): string {
  const { activeBytes, concurrency } = loadOf(query)
  return [cardOf(query), Math.round(2 * Math.log2(activeBytes / 1e9)), Math.round(Math.log2(concurrency))].join('|')
}

const fitMedians: TargetFit = (rows) => {
  const medians = new Map(
    [...Map.groupBy(rows, ({ query }) => bucketOf(query))].map(([bucket, own]) => [
      bucket,
      weightedMedian(
        own.map(({ y }) => y),
        own.map(({ weight }) => weight)
      )
    ])
  )
  return (query) => medians.get(bucketOf(query))
}

/** What the same card did with models of about the same size: of cards that were seen only. */
export const gpuMedian: ThroughputModel = baseline('median of the GPU', { speed: fitMedians, firstToken: fitMedians })
