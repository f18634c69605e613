import { InvalidArgumentError } from 'commander'
import { messageOf } from '../core/errors.ts'
import { didYouMean } from '../core/near.ts'
import { parseGoDuration } from '../gossip/go-duration.ts'

type Parser = (text: string) => number

/** Whole text as a number: "12abc", "" and "NaN" are refused. */
function numberIn(text: string): number {
  return text.trim() === '' ? NaN : Number(text)
}

export function integerFrom(min: number, max = Number.MAX_SAFE_INTEGER): Parser {
  return (text) => {
    const value = numberIn(text)
    if (!(Number.isInteger(value) && value >= min && value <= max)) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
      throw new InvalidArgumentError(`It must be a whole number ${range}, got "${text}".`)
    }
    return value
  }
}

export function positive(text: string): number {
  const value = numberIn(text)
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError(`It must be a number above 0, got "${text}".`)
  return value
}

/** A share, 0–1. */
export function ratio(text: string): number {
  const value = numberIn(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError(`It must be a number from 0 to 1, got "${text}".`)
  return value
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** A number of at least 0. */
export function nonNegative(text: string): number {
  const value = numberIn(text)
  if (!(value >= 0 && value < Infinity)) throw new InvalidArgumentError(`It must be a number of at least 0, got "${text}".`)
  return value
}

/** A share, 0–1, neither of them. */
export function openRatio(text: string): number {
  const value = numberIn(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError(`It must be a number above 0 and below 1, got "${text}".`)
  return value
}

/** One of some names. */
export function oneOf<T extends string>(names: readonly T[]): (text: string) => T {
  return (text) => {
    const name = names.find((each) => each === text)
    if (name === undefined)
      throw new InvalidArgumentError(`It must be one of ${names.join(', ')}, got "${text}"${didYouMean(text, names)}`)
    return name
  }
}

/** A duration with units, as "1m30s", in whole ms. */
export function durationMs(text: string): number {
  let ms: number
  try {
    ms = parseGoDuration('It', text)
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`)
  }
  if (!Number.isInteger(ms)) throw new InvalidArgumentError(`It must be whole milliseconds, got "${text}".`)
  return ms
}
