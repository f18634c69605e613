import type { Markup } from '../../experiment/markup.ts'
import { PAGE_STYLE } from '../../experiment/page-style.ts'

/** The light colours of a page, which its style sheet has first. */
function lightColors(): ReadonlyMap<string, string> {
  const colors = new Map<string, string>()
  for (const [, name, color] of PAGE_STYLE.matchAll(/--([\w-]+): (#\w+)/g)) if (!colors.has(name)) colors.set(name, color)
  return colors
}

/** No screen shows a hundredth of a pixel. @param tag with its attributes */
function withShortNumbers(tag: string): string {
  return tag.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))))
}

/** A figure of a page as an image of its own, e.g. for a notebook: with colours and namespace, and numbers no longer than is seen. */
export function standaloneSvg(figure: Markup): string {
  const colors = lightColors()
  return figure.html
    .replace(/var\(--([\w-]+)\)/g, (whole, name: string) => colors.get(name) ?? whole)
    .replace(/<[^>]+>/g, withShortNumbers)
    .replace(/^<svg(?: xmlns="[^"]*")?/, `<svg xmlns="http://www.w3.org/2000/svg" color="${colors.get('muted') ?? 'gray'}"`)
    .replace(/ style="/, ' style="background:#fff;')
}
