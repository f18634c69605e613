/** Characters a token in common tokenizers, by script: Latin letters, other alphabets, and scripts without spaces (and symbols). */
const CHARS_PER_TOKEN = { latin: 4, alphabet: 2.5, dense: 1.5 }
/** Where the other alphabets begin (after the Latin ones), and the scripts of East Asia. */
const FIRST_ALPHABET = 0x250
const FIRST_DENSE = 0x2e80

/** About how many tokens a text is, ≥ 1 where it is not empty: for peers that do not count, or whose count cannot be. */
export function estimateTokens(text: string): number {
  let alphabet = 0
  let dense = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= FIRST_DENSE) dense++
    else if (unit >= FIRST_ALPHABET) alphabet++
  }
  const latin = text.length - alphabet - dense
  const tokens = latin / CHARS_PER_TOKEN.latin + alphabet / CHARS_PER_TOKEN.alphabet + dense / CHARS_PER_TOKEN.dense
  return Math.ceil(tokens)
}
