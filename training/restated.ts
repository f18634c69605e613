import { type CsvOptions, csvRecords } from '../src/training/dataset/csv.ts'
import type { Rng } from '../src/core/rng.ts'

/** A measurement of somebody else's in the columns of our datasets, or why it is left out. */
export type Restated =
  { readonly kept: Readonly<Record<string, string | number>> } | { readonly dropped: string; readonly count?: number }

export type SourceRow = Readonly<Record<string, string>>

/** All rows of a source's file: they are small. */
export async function sourceRows(path: string, options?: CsvOptions): Promise<SourceRow[]> {
  const rows: SourceRow[] = []
  for await (const { values } of csvRecords(path, options)) rows.push(values as SourceRow)
  return rows
}

/** Some of the items, drawn without putting back, in their order; all of them where there are no more. */
export function drawn<T>(items: readonly T[], count: number, rng: Rng): readonly T[] {
  // Selection sampling: Knuth, The Art of Computer Programming 2, algorithm 3.4.2 S.
  let wanted = Math.min(count, items.length)
  return items.filter((_, i) => {
    const taken = rng.next() * (items.length - i) < wanted
    if (taken) wanted -= 1
    return taken
  })
}
