import { PeerbanditError } from './errors.ts'

/** How a refused value is shown: NaN as NaN, strings in quotes. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return String(value)
}

function refuse(name: string, wanted: string, value: unknown): never {
  throw new PeerbanditError('ERR_INVALID_OPTION', `${name} must be ${wanted}, got ${show(value)}`)
}

// Each check is the negated positive, so that NaN fails it.

export function checkPositive(name: string, value: number): number {
  if (!(value > 0 && value < Infinity)) refuse(name, 'a finite number above 0', value)
  return value
}

export function checkNonNegative(name: string, value: number): number {
  if (!(value >= 0 && value < Infinity)) refuse(name, 'a finite number of at least 0', value)
  return value
}

export function checkRatio(name: string, value: number): number {
  if (!(value >= 0 && value <= 1)) refuse(name, 'between 0 and 1', value)
  return value
}

export function checkFinite(name: string, value: number): number {
  if (!Number.isFinite(value)) refuse(name, 'a finite number', value)
  return value
}

export interface IntegerRange {
  readonly min?: number
  readonly max?: number
}

export function checkInteger(name: string, value: number, { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange = {}): number {
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    refuse(name, max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`, value)
  }
  return value
}

export function checkText(name: string, value: string): string {
  if (!(typeof value === 'string' && value.length > 0)) refuse(name, 'a string that is not empty', value)
  return value
}

export function checkOneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value)) refuse(name, `one of ${allowed.join(', ')}`, value)
  return value as T
}
