/** What the page has room for, px: a figure alone, and one of a pair. */
export const WIDE = 942
export const HALF = 459

export const GRID = { stroke: 'var(--grid)', strokeOpacity: 1 }

/** How an axis says what it shows. */
export function axisTitle(label: string) {
  return { label, labelAnchor: 'center', labelArrow: 'none' } as const
}

/** Round numbers of a logarithmic axis: 1–2–5 steps, or powers of ten where those would be too many. */
export function roundTicks(least: number, most: number): readonly number[] {
  const steps = most / least > 2000 ? [1] : [1, 2, 5]
  const powers = Array.from({ length: 12 }, (_, index) => 10 ** (index - 3))
  return powers.flatMap((power) => steps.map((step) => step * power)).filter((value) => value >= least && value <= most)
}
