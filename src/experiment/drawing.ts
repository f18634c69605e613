import type * as Plot from '@observablehq/plot'
import { messageOf, PeerbanditError } from '../core/errors.ts'
import { trustedMarkup } from './markup.ts'
import type { Markup } from './markup.ts'

type PlotLibrary = typeof Plot

/** The drawing library, and a document for it to draw in. */
export interface Drawing {
  readonly plot: PlotLibrary
  readonly document: unknown
}

interface SvgElement {
  readonly outerHTML: string
  setAttribute(name: string, value: string): void
  querySelector(selector: string): { remove(): void } | null
}

/**
 * Loads what draws the figures. Only the page needs it, so it is not loaded with the library.
 * @throws ERR_INVALID_OPTION when a package is missing
 */
export async function loadDrawing(): Promise<Drawing> {
  try {
    const [plot, dom] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
    const page = dom.parseHTML('<!doctype html><html><body></body></html>') as unknown as { readonly document: unknown }
    return { plot, document: page.document }
  } catch (cause) {
    const wanted = 'the report page needs the packages @observablehq/plot and linkedom: npm install @observablehq/plot linkedom'
    throw new PeerbanditError('ERR_INVALID_OPTION', `${wanted}; got ${messageOf(cause)}`, { cause })
  }
}

/**
 * One figure as inline SVG. Colours are CSS variables of the page, so that it follows light, dark and print.
 * @param label what a reader who cannot see it is told
 */
export function drawFigure({ plot, document }: Drawing, label: string, options: Plot.PlotOptions): Markup {
  const svg = plot.plot({ className: 'plot', style: { fontSize: '12px' }, ...options, document }) as unknown as SvgElement
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  // The page has one style sheet for all figures.
  svg.querySelector('style')?.remove()
  return trustedMarkup(svg.outerHTML)
}
