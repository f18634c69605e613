/** Three significant digits, no exponent: 0.0312, 4.20, 83.1, 1,230. */
export function formatNumber(value: number): string {
  if (value === 0) return '0'
  return value.toLocaleString('en-US', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
}

/** A whole number with separators: 12,345. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A length of time in the unit that reads best: 0.420 ms, 420 ms, 4.20 s, 3.50 min. */
export function formatMs(valueMs: number): string {
  const rounded = Math.abs(Number(valueMs.toPrecision(3)))
  if (rounded < 1000) return `${formatNumber(valueMs)} ms`
  if (rounded < 120_000) return `${formatNumber(valueMs / 1000)} s`
  return `${formatNumber(valueMs / 60_000)} min`
}

/** {@link formatMs} with its sign: +1.20 s, −340 ms. */
export function formatSignedMs(valueMs: number): string {
  return `${valueMs < 0 ? '−' : '+'}${formatMs(Math.abs(valueMs))}`
}

/** A ratio 0–1 as a percentage. Never rounds up to 100 % or down to 0 %: 99.96 %, not 100 %. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100
  for (const digits of [1, 2, 3, 4]) {
    const text = percent.toFixed(digits)
    const misleads = (percent < 100 && Number(text) === 100) || (percent > 0 && Number(text) === 0)
    if (!misleads) return `${percent === 0 || percent === 100 ? String(percent) : text} %`
  }
  return percent < 50 ? '< 0.0001 %' : '> 99.9999 %'
}

/** A factor: ×0.614. */
export function formatFactor(ratio: number): string {
  return `×${formatNumber(ratio)}`
}

/** Time since the start of a run: 2:05. */
export function formatClock(valueMs: number): string {
  const seconds = Math.floor(valueMs / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** What is printed for a value that is missing. */
export const MISSING = '–'

/** Formats a value, or says that there is none. */
export function orMissing(value: number | null, format: (value: number) => string): string {
  return value === null ? MISSING : format(value)
}

/** Text that cannot move the cursor or hide other text: control, format and line-breaking characters go. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
}
