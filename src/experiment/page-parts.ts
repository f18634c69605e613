import { markup, trustedMarkup } from './markup.ts'
import type { Markup } from './markup.ts'
import { PAGE_STYLE } from './page-style.ts'

/** What a colour of a figure stands for. @param shape classes of the style sheet: `line`, `dashed`, `dot`, `ring` */
export function key(name: string, color: string, shape = ''): Markup {
  return markup`<span class="key"><i class="${shape}" style="--color:${color}" aria-hidden="true"></i>${name}</span>`
}

export interface FigureParts {
  readonly title: string
  readonly keys?: readonly Markup[]
  readonly wide?: boolean
  /** Many keys: they get a line of their own. */
  readonly crowded?: boolean
}

export function figure({ title, keys = [], wide = false, crowded = false }: FigureParts, chart: Markup): Markup {
  return markup`<figure class="${wide ? 'wide' : ''}"><figcaption class="${crowded ? 'crowded' : ''}"><b>${title}</b>${keys}</figcaption><div class="chart">${chart}</div></figure>`
}

/** A figure in large type, with the one that it is held against. */
export interface TileParts {
  readonly name: string
  readonly value: string
  readonly other: string
  /** Whose the other is. */
  readonly of: string
}

export function tile({ name, value, other, of }: TileParts): Markup {
  return markup`<li><span class="name">${name}</span><span class="value">${value}</span>
<span class="other"><b>${other}</b> ${of}</span></li>`
}

/** Keeps a number and its unit on one line. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=ms|s|min|%)/g, '$1\u00a0')
}

/** A whole page that stands alone: no scripts, no requests. */
export function page(title: string, content: Markup): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="peerbandit">
<title>${title}</title>
<style>${trustedMarkup(PAGE_STYLE)}</style>
</head>
<body><main>
${content}
</main></body>
</html>
`.html
}
