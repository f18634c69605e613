/** What a request asks for, and what an answer to it must be. */
export interface Asked {
  readonly nonce: string
  readonly tokens: number
}

export function questionOf({ nonce, tokens }: Asked): string {
  return `nonce ${nonce} tokens ${tokens}`
}

/** Reads {@link questionOf}; undefined if it is something else. */
export function askedIn(question: string): Asked | undefined {
  const [, nonce, tokens] = /^nonce (\w+) tokens (\d+)$/.exec(question) ?? []
  return nonce === undefined ? undefined : { nonce, tokens: Number(tokens) }
}

/** The tokens of the whole answer: "abc-0 ", "abc-1 ", … */
export function tokensOf({ nonce, tokens }: Asked): string[] {
  return Array.from({ length: tokens }, (_, i) => `${nonce}-${i} `)
}

/**
 * The tokens that are left after the beginning of an answer, which may end in the middle of one.
 * @returns undefined if the answer does not begin so
 */
export function tokensAfter(asked: Asked, begun: string): string[] | undefined {
  const tokens = tokensOf(asked)
  const whole = tokens.join('')
  if (!whole.startsWith(begun)) return undefined
  let left = begun.length
  return tokens.flatMap((token) => {
    const rest = token.slice(Math.max(0, left))
    left -= token.length
    return rest === '' ? [] : [rest]
  })
}

/** How a server misbehaves. */
export const FAULT_MODES = ['ok', 'slow', 'stall', 'cut', 'garbage', 'error500', 'full503'] as const
export type FaultMode = (typeof FAULT_MODES)[number]

export interface Fault {
  readonly mode: FaultMode
  /** Tokens before it, where it comes in the middle of an answer. @default half of them */
  readonly after?: number
  /** Share of the requests that it befalls, 0–1. @default 1 */
  readonly share?: number
}
