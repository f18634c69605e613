import { describe, expect, it } from 'vitest'
import {
  checkFinite,
  checkInteger,
  checkNonNegative,
  checkOneOf,
  checkPositive,
  checkRatio,
  checkText
} from '../../src/core/check.ts'

describe('option checks', () => {
  it.each([
    [() => checkPositive('x', NaN), 'x must be a finite number above 0, got NaN'],
    [() => checkPositive('x', 0), 'x must be a finite number above 0, got 0'],
    [() => checkPositive('x', Infinity), 'x must be a finite number above 0, got Infinity'],
    [() => checkNonNegative('x', -1), 'x must be a finite number of at least 0, got -1'],
    [() => checkRatio('x', 1.1), 'x must be between 0 and 1, got 1.1'],
    [() => checkRatio('x', NaN), 'x must be between 0 and 1, got NaN'],
    [() => checkFinite('x', '7' as unknown as number), 'x must be a finite number, got "7"'],
    [() => checkInteger('x', 1.5, { min: 1 }), 'x must be an integer of at least 1, got 1.5'],
    [() => checkInteger('x', 9, { min: 1, max: 8 }), 'x must be an integer from 1 to 8, got 9'],
    [() => checkText('x', ''), 'x must be a string that is not empty, got ""'],
    [() => checkOneOf('x', 'c', ['a', 'b']), 'x must be one of a, b, got "c"']
  ])('%# says what is wanted and what came', (check, message) => {
    expect(check).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', message }))
  })

  it('returns what passes', () => {
    expect([checkPositive('x', 1), checkRatio('x', 0), checkInteger('x', 3), checkOneOf('x', 'a', ['a'])]).toEqual([1, 0, 3, 'a'])
  })
})
