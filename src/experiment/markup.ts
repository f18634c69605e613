import { printable } from './format.ts'

/** A piece of HTML that is safe to put into a page as it is. */
export interface Markup {
  readonly html: string
}

type Content = string | number | Markup | readonly Markup[]

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as HTML shows it, in element content and in quoted attributes. Invisible characters go. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

function write(content: Content): string {
  if (typeof content === 'number') return String(content)
  if (typeof content === 'string') return escapeHtml(content)
  return 'html' in content ? content.html : content.map(({ html }) => html).join('')
}

/** Template tag: the template is HTML, and every value in it is escaped unless it is markup itself. */
export function markup(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { html: parts.reduce((html, part, index) => html + write(contents[index - 1] ?? '') + part) }
}

/** Takes HTML from a trusted maker, such as a drawing library that escapes for itself. */
export function trustedMarkup(html: string): Markup {
  return { html }
}
