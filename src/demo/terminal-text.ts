import { printable } from '../experiment/format.ts'

/** Colours that every terminal has. */
const CODES = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31, blue: 34, cyan: 36 } as const
export type Style = keyof typeof CODES

/** A run of characters in one style. */
export interface Span {
  readonly text: string
  readonly style?: Style
}

/** Text cut to a width, or filled up to it with spaces. Control characters go, so that no name can move the cursor. */
export function cell(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const characters = [...printable(text)]
  if (characters.length > width) return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`
  const shown = characters.join('')
  const gap = ' '.repeat(width - characters.length)
  return align === 'right' ? gap + shown : shown + gap
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `width` characters, filled to a ratio of 0–1 in steps of an eighth of a character. */
export function bar(ratio: number, width: number): string {
  if (width < 1) return ''
  const eighths = Math.round(Math.min(1, Math.max(0, ratio)) * width * 8)
  return cell('█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? ''), width)
}

/** One line of at most `columns` characters, with ANSI styles if wanted. */
export function renderLine(spans: readonly Span[], columns: number, color: boolean): string {
  let left = columns
  let line = ''
  for (const { text, style } of spans) {
    const characters = [...text].slice(0, left)
    left -= characters.length
    const shown = characters.join('')
    line += color && style !== undefined && shown.trim() !== '' ? `\u001b[${CODES[style]}m${shown}\u001b[0m` : shown
  }
  return color ? line : line.trimEnd()
}
