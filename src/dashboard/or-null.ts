/** JSON has no NaN, no Infinity and no undefined: they are null. */
export function orNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

/** Null for 0 / 0. */
export function ratioOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null
}
