import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { type Split, splitByTime } from './group-folds.ts'

/**
 * Holds the latest rows of every source of every file back. The same files and share give the same split: what a model was trained on
 * is not what it is promoted by.
 * @param files rows of each, in order of time, as the export of a journal has them
 * @param share that is held back, 0–1; 0 holds nothing back
 * @throws ERR_INVALID_OPTION
 */
export function holdBackLatest(files: readonly (readonly MeasuredRow[])[], share: number): Split<MeasuredRow> {
  const parts = files.flatMap((rows) =>
    [...Map.groupBy(rows, ({ source }) => source).values()].map((own) => splitByTime(own, share))
  )
  return { training: parts.flatMap(({ training }) => training), held: parts.flatMap(({ held }) => held) }
}
