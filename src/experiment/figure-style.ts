/** What the page has room for, px: a figure alone, and one of a pair. */
export const WIDE = 942
export const HALF = 459

export const GRID = { stroke: 'var(--grid)', strokeOpacity: 1 }

/** How an axis says what it shows. */
export function axisTitle(label: string) {
  return { label, labelAnchor: 'center', labelArrow: 'none' } as const
}
