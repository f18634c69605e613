import type { InferenceRequest } from '../../router/transport.ts'

/** Characters of English text to a token, as tokenizers of current models have it. */
const CHARACTERS_PER_TOKEN = 4

/** Three letters and a blank: one token each by the rule above, so that filler of n words counts as n tokens. */
const WORDS = ['the', 'sun', 'was', 'low', 'and', 'its', 'red', 'sky', 'lit', 'our', 'old', 'oak', 'bay', 'for', 'all', 'day']

const LENGTH_REQUEST = /^Answer in (\d{1,9}) tokens\./

const ROUND = WORDS.map((word) => `${word} `).join('')
/** The start of the filler, as far as anybody asked. */
let filler = ROUND

/** Filler that counts as `count` tokens: words `from` to `from + count` of an endless text that is always the same. */
export function fillerText(from: number, count: number): string {
  const start = CHARACTERS_PER_TOKEN * (from % WORDS.length)
  const end = start + CHARACTERS_PER_TOKEN * count
  if (end > filler.length) filler = ROUND.repeat(Math.ceil((2 * end) / ROUND.length))
  return filler.slice(start, end)
}

export interface PromptSize {
  readonly promptTokens: number
  readonly outputTokens: number
}

/**
 * A prompt of the given size that asks for an answer of the given length. A simulated engine keeps to the length it is asked
 * for, so a recorded job can be sent over any protocol; a router, which reads no prompts, learns nothing from it.
 * The request for a length takes about six tokens; smaller prompts come out that long.
 */
export function promptOf({ promptTokens, outputTokens }: PromptSize): string {
  const request = `Answer in ${outputTokens} tokens. `
  return (request + fillerText(0, promptTokens)).slice(0, Math.max(request.length, promptTokens * CHARACTERS_PER_TOKEN))
}

/** Tokens of a request's prompt: as given, or estimated from its text. */
export function promptTokensOf(request: InferenceRequest): number {
  return request.promptTokens > 0 ? request.promptTokens : Math.ceil(request.prompt.length / CHARACTERS_PER_TOKEN)
}

/**
 * Tokens that a simulated engine answers with: what the prompt asks for ({@link promptOf}), at most the request's limit.
 * @param usual for a prompt that asks for no length
 */
export function answerTokensOf(request: InferenceRequest, usual = Infinity): number {
  const asked = LENGTH_REQUEST.exec(request.prompt)?.[1]
  return Math.max(1, Math.min(request.maxTokens, asked === undefined ? usual : Number(asked)))
}
