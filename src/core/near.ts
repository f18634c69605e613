import { distance } from 'fastest-levenshtein'

/** A name is near another one when at most so many letters differ, and no more than half of them. */
const MOST_EDITS = 3

/** The name that somebody probably meant; undefined where none is near. */
function nearest(written: string, names: readonly string[]): string | undefined {
  const most = Math.min(MOST_EDITS, Math.floor(written.length / 2))
  const edits = (name: string) => distance(written.toLowerCase(), name.toLowerCase())
  return names.filter((name) => edits(name) <= most).toSorted((a, b) => edits(a) - edits(b))[0]
}

/** Completes a message about an unknown name. */
export function didYouMean(written: string, names: readonly string[]): string {
  const near = nearest(written, names)
  return near === undefined ? '' : `; did you mean "${near}"?`
}
