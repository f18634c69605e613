// What the benchmark's client asks for, and what its backend answers: the two check each other.

/** An answer whole; a stream as fast as it is read; a stream with a token at a time. */
export type Shape = 'reply' | 'flood' | 'paced'

/** The backend tells the kinds of stream apart by the model, which all gateways hand on. */
export const MODELS = ['instant', 'paced'] as const

/** Starts every token of a stream. Occurs nowhere else in one. */
export const MARK = 'tok~'
export const STAMP_DIGITS = 17

/** Token i of a fast stream has stamp i modulo this; those of paced ones say when they were sent. */
export const TOKEN_KINDS = 64

/** ns on the one clock that all processes of a machine share. */
export function sharedClockNs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e9 + nanoseconds
}

/** Of 17 digits, so that all tokens are of one length. */
export function stamp(sentNs: number): string {
  return String(sentNs).padStart(STAMP_DIGITS, '0')
}

/** What a fast stream of so many tokens says, and an answer whole: gateways may ask for either to give the other. */
export function textOf(tokens: number): string {
  return Array.from({ length: tokens }, (_, i) => MARK + stamp(i % TOKEN_KINDS)).join('')
}

/** The body of a request to /v1/chat/completions. @param tokens how many a stream is to have */
export function requestBody(shape: Shape, tokens: number): string {
  return JSON.stringify({
    model: shape === 'paced' ? 'paced' : 'instant',
    messages: [
      { role: 'system', content: 'You answer at once.' },
      { role: 'user', content: 'How long does it take to get from here to there and back again?' }
    ],
    max_tokens: tokens,
    stream: shape !== 'reply'
  })
}
