export const MISSING = '–'

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const digits = new Intl.NumberFormat('en-US', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
const few = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** 12,345 @param {number} value */
export function formatCount(value) {
  return count.format(value)
}

/** Three significant digits; whole from a hundred on. @param {number | null} value */
export function formatNumber(value) {
  if (value === null) return MISSING
  if (value === 0) return '0'
  return signed(Math.abs(value) >= 99.95 ? count.format(value) : digits.format(value))
}

/** A minus is as wide as a plus. @param {string} text */
function signed(text) {
  return text.replace('-', '−')
}

/** For axes: as few digits as there are. @param {number} value */
export function formatTick(value) {
  return few.format(value)
}

/** @param {number} valueMs */
export function formatTickMs(valueMs) {
  return valueMs >= 1000 ? `${few.format(valueMs / 1000)} s` : `${few.format(valueMs)} ms`
}

/** 420 ms, 4.20 s, 3.50 min @param {number | null} valueMs */
export function formatMs(valueMs) {
  if (valueMs === null) return MISSING
  if (Math.abs(valueMs) < 999.5) return `${formatNumber(valueMs)} ms`
  if (Math.abs(valueMs) < 119_950) return `${signed(digits.format(valueMs / 1000))} s`
  return `${signed(digits.format(valueMs / 60_000))} min`
}

/** Never rounds up to 100 % or down to 0 %. @param {number | null} ratio */
export function formatPercent(ratio) {
  if (ratio === null) return MISSING
  const percent = ratio * 100
  if (percent === 0 || percent === 100) return `${percent} %`
  const text = percent.toFixed(1)
  if (text === '100.0') return '> 99.9 %'
  return text === '0.0' ? '< 0.1 %' : `${text} %`
}

/** Two decimals @param {number | null} value */
export function formatRatio(value) {
  return value === null ? MISSING : value.toFixed(2)
}

/** @param {number} atMs */
export function formatTime(atMs) {
  return clock.format(atMs)
}

/** 2 d 4 h, 3 h 12 min, 5 min 10 s @param {number} valueMs */
export function formatUptime(valueMs) {
  const seconds = Math.floor(valueMs / 1000)
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}
