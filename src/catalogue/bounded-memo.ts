/** What was computed for a text before, or `compute()`. */
export type Memo<T> = (text: string, compute: () => T) => T

/**
 * Remembers what was computed for a text, and forgets everything once `limit` texts are held: peers can make up names without end.
 */
export function boundedMemo<T>(limit: number): Memo<T> {
  const known = new Map<string, { readonly value: T }>()
  return (text, compute) => {
    const held = known.get(text)
    if (held !== undefined) return held.value
    const value = compute()
    if (known.size >= limit) known.clear()
    known.set(text, { value })
    return value
  }
}
